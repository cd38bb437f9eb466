using Gateway.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Azure.Intake;

/// <summary>Log messages of the intake, 5000 to 5099. Next free: 5001.</summary>
internal static partial class Log
{
    [LoggerMessage(5000, LogLevel.Warning, "The blob of message {MessageId}, which was not taken, is left behind; the lifecycle rule deletes it")]
    public static partial void OrphanLeft(this ILogger logger, Exception error, MessageId messageId);
}
