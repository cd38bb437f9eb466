using Azure.Messaging.ServiceBus;
using Gateway.Core.Events;
using Microsoft.Extensions.Logging;

namespace Gateway.Azure.Bus;

/// <summary>Log messages of the queues, 5100 to 5199. Next free: 5106.</summary>
internal static partial class Log
{
    [LoggerMessage(5100, LogLevel.Error, "The work on {EventId} of queue {Queue} failed, handing-out {Deliveries}; it is given back in {Pause} at most")]
    public static partial void WorkFailed(this ILogger logger, Exception error, StageQueue queue, string eventId, int deliveries, TimeSpan pause);

    [LoggerMessage(5101, LogLevel.Error, "{EventId} of queue {Queue} is dead-lettered: {Reason}")]
    public static partial void DeadLettered(this ILogger logger, StageQueue queue, string eventId, string reason);

    [LoggerMessage(5102, LogLevel.Warning, "The lock of {EventId} of queue {Queue} was lost before it was settled; it is handed out again")]
    public static partial void LockLost(this ILogger logger, StageQueue queue, string eventId);

    [LoggerMessage(5103, LogLevel.Warning, "{EventId} of queue {Queue} could not be settled; it is handed out again when its lock ends")]
    public static partial void NotSettled(this ILogger logger, Exception error, StageQueue queue, string eventId);

    [LoggerMessage(5104, LogLevel.Warning, "Receiving from queue {Queue} failed at {Source}; it is tried again")]
    public static partial void ReceiveFailed(this ILogger logger, Exception error, StageQueue queue, ServiceBusErrorSource source);

    [LoggerMessage(5105, LogLevel.Warning, "{EventId} of queue {Queue} is put off until {Due:u}: its surroundings failed")]
    public static partial void Postponed(this ILogger logger, Exception error, StageQueue queue, string eventId, DateTimeOffset due);
}
