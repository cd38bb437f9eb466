using Microsoft.Extensions.Logging;

namespace Gateway.Server.Serving;

/// <summary>Log messages of <c>gateway serve</c>, 4001 to 4099.</summary>
internal static partial class ServingLog
{
    [LoggerMessage(4001, LogLevel.Information, "Deleted {States} expired states and {Tables} tables of old activity")]
    public static partial void Swept(this ILogger logger, int states, int tables);

    [LoggerMessage(4002, LogLevel.Error, "The sweep of tables failed; it is tried again within the hour")]
    public static partial void SweepFailed(this ILogger logger, Exception error);

    [LoggerMessage(4003, LogLevel.Warning, "A self-signed certificate is shown, which says nothing about who we are: {Why}")]
    public static partial void SelfSigned(this ILogger logger, string why);

    [LoggerMessage(4004, LogLevel.Warning, "Connections to the bus were not closed in good order; what was under way is handed out again")]
    public static partial void NotClosed(this ILogger logger, Exception error);

    [LoggerMessage(4005, LogLevel.Error, "A certificate cannot be read from Key Vault; no mail is taken until it is, and it is tried again in {Wait}")]
    public static partial void CertificateNotLoaded(this ILogger logger, Exception error, TimeSpan wait);

    [LoggerMessage(4006, LogLevel.Warning, "The queues could not be looked into; how long events wait is not known, and is measured again within a minute")]
    public static partial void QueuesNotSeen(this ILogger logger, Exception error);
}
