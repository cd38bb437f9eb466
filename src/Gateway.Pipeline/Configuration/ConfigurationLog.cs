using Microsoft.Extensions.Logging;

namespace Gateway.Pipeline.Configuration;

internal static partial class ConfigurationLog
{
    [LoggerMessage(2310, LogLevel.Information, "Configuration {Source} is in force: {Domains} domains, {Endpoints} endpoints, {Routes} routes")]
    public static partial void InForce(this ILogger logger, string source, int domains, int endpoints, int routes);

    [LoggerMessage(2311, LogLevel.Error, "Configuration {Source}: {Path}: {Reason}")]
    public static partial void Error(this ILogger logger, string source, string path, string reason);

    [LoggerMessage(2312, LogLevel.Warning, "Configuration {Source}: {Path}: {Reason}")]
    public static partial void Warning(this ILogger logger, string source, string path, string reason);

    [LoggerMessage(2313, LogLevel.Error, "Configuration {Source} is not taken (errors: {Errors}); {Consequence}")]
    public static partial void Refused(this ILogger logger, string source, int errors, string consequence);

    [LoggerMessage(2314, LogLevel.Error, "Configuration {Source} cannot be read; what is in force stays")]
    public static partial void Unreadable(this ILogger logger, Exception error, string source);

    [LoggerMessage(2315, LogLevel.Warning, "There is no configuration at {Source}; {Consequence}")]
    public static partial void Missing(this ILogger logger, string source, string consequence);

    [LoggerMessage(2316, LogLevel.Error, "Configuration {Source} could not be judged: a fault of this program; what is in force stays")]
    public static partial void Unjudged(this ILogger logger, Exception error, string source);
}
