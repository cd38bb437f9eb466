using Microsoft.Extensions.Logging;

namespace Gateway.Pipeline.Delivery;

/// <summary>Endpoints by their ids: a URL may hold a secret.</summary>
internal static partial class DeliveryLog
{
    [LoggerMessage(2500, LogLevel.Information, "Delivered {DeliveryId} of {MessageId} to {EndpointId}: {Status} at attempt {Attempt}")]
    public static partial void Delivered(this ILogger logger, string deliveryId, string messageId, string endpointId, int? status, int attempt);

    [LoggerMessage(2501, LogLevel.Warning, "Attempt {Attempt} at {DeliveryId} of {MessageId} to {EndpointId} failed: {Cause}; next at {Next:O}")]
    public static partial void Retrying(
        this ILogger logger, int attempt, string deliveryId, string messageId, string endpointId, string cause, DateTimeOffset next);

    [LoggerMessage(2502, LogLevel.Error, "Dead letter: {DeliveryId} of {MessageId} to {EndpointId}: {Cause}")]
    public static partial void DeadLettered(this ILogger logger, string deliveryId, string messageId, string endpointId, string cause);

    [LoggerMessage(2503, LogLevel.Warning, "Endpoint {EndpointId} answered {Status} and is parked; its deliveries wait until it is re-enabled")]
    public static partial void EndpointParked(this ILogger logger, string endpointId, int status);

    [LoggerMessage(2504, LogLevel.Debug, "Delivery {DeliveryId} waits for parked endpoint {EndpointId} until {Next:O}")]
    public static partial void WaitsParked(this ILogger logger, string deliveryId, string endpointId, DateTimeOffset next);

    [LoggerMessage(2505, LogLevel.Debug, "Endpoint {EndpointId} has no free slot; {DeliveryId} waits until {Next:O}")]
    public static partial void NoSlot(this ILogger logger, string endpointId, string deliveryId, DateTimeOffset next);

    [LoggerMessage(2506, LogLevel.Error, "Secret {Reference} of endpoint {EndpointId} cannot be used: {Problem}; {DeliveryId} waits")]
    public static partial void NoSecret(this ILogger logger, string endpointId, string reference, string? problem, string deliveryId);

    [LoggerMessage(2507, LogLevel.Error, "The content part of {MessageId} is missing or unreadable; {DeliveryId} waits")]
    public static partial void NoContent(this ILogger logger, Exception? error, string messageId, string deliveryId);

    [LoggerMessage(2508, LogLevel.Warning, "Endpoint {EndpointId} is not in the configuration; {DeliveryId} waits until {Next:O}, and for an hour at most")]
    public static partial void EndpointUnknown(this ILogger logger, string endpointId, string deliveryId, DateTimeOffset next);
}
