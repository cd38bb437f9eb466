using Microsoft.Extensions.Logging;

namespace Gateway.Pipeline.Routing;

internal static partial class RoutingLog
{
    [LoggerMessage(2300, LogLevel.Information, "Routed {MessageId}: {Deliveries} deliveries, {Recipients} recipients")]
    public static partial void Routed(this ILogger logger, string messageId, int deliveries, int recipients);

    [LoggerMessage(2301, LogLevel.Warning, "No route takes {Recipients} recipients of {MessageId}; kept as unrouted")]
    public static partial void Unrouted(this ILogger logger, string messageId, int recipients);

    [LoggerMessage(2302, LogLevel.Error, "The raw message of {MessageId} is gone and could not be kept")]
    public static partial void RawGone(this ILogger logger, string messageId);

    [LoggerMessage(2303, LogLevel.Debug, "Route {RouteId}: {Action} for {Recipient} of {MessageId}")]
    public static partial void Took(this ILogger logger, string routeId, string action, string recipient, string messageId);
}
