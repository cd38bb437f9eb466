using Gateway.Core;
using Gateway.Core.Events;
using Microsoft.Extensions.Logging;

namespace Gateway.Local;

/// <summary>Log messages of the local adapters, 3000 to 3999. Next free: 3011.</summary>
internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Information, "Deleted {Files} files that no message names, left by a crash or a failed commit")]
    public static partial void UnfinishedDeleted(this ILogger logger, int files);

    [LoggerMessage(3001, LogLevel.Information, "Deleted {Messages} messages past their retention")]
    public static partial void ExpiredDeleted(this ILogger logger, int messages);

    [LoggerMessage(3002, LogLevel.Error, "The sweep failed; it is tried again within the hour")]
    public static partial void SweepFailed(this ILogger logger, Exception error);

    [LoggerMessage(3003, LogLevel.Error, "Stage {Queue} failed on message {MessageId}, handing-out {Deliveries}; tried again in {Wait}")]
    public static partial void StageFailed(this ILogger logger, Exception error, StageQueue queue, MessageId messageId, int deliveries, TimeSpan wait);

    [LoggerMessage(3004, LogLevel.Error, "An event of message {MessageId} in queue {Queue} is dead-lettered: {Reason}")]
    public static partial void EventDeadLettered(this ILogger logger, MessageId messageId, StageQueue queue, string reason);

    [LoggerMessage(3005, LogLevel.Error, "Queue {Queue} cannot be read; tried again in {Wait}")]
    public static partial void QueueFailed(this ILogger logger, Exception error, StageQueue queue, TimeSpan wait);

    [LoggerMessage(3006, LogLevel.Information, "{Items} items were being worked on when the last run ended; they are due again")]
    public static partial void Resumed(this ILogger logger, int items);

    [LoggerMessage(3007, LogLevel.Warning, "Stage {Queue} lost its lease on an event of message {MessageId}; what it did is dropped")]
    public static partial void LeaseLost(this ILogger logger, StageQueue queue, MessageId messageId);

    [LoggerMessage(3008, LogLevel.Warning, "A certificate cannot be read again; the last one stays: {Reason}")]
    public static partial void CertificateNotReloaded(this ILogger logger, string reason);

    [LoggerMessage(3010, LogLevel.Critical, "A background task ended: {Work}; the gateway goes on without it until it is started again")]
    public static partial void BackgroundEnded(this ILogger logger, Exception error, string work);

    [LoggerMessage(3009, LogLevel.Information, "The certificate of {Name} was replaced; it ends {NotAfter:u}")]
    public static partial void CertificateReplaced(this ILogger logger, string name, DateTime notAfter);
}
