using Gateway.Core.Events;
using Microsoft.Extensions.Logging;

namespace Gateway.Pipeline;

internal static partial class StageLog
{
    [LoggerMessage(2320, LogLevel.Error, "An event of queue {Queue} is dead-lettered as {Record}: {Reason}")]
    public static partial void EventDeadLettered(this ILogger logger, string record, StageQueue queue, string reason);

    [LoggerMessage(2321, LogLevel.Warning, "{Entries} lines of the activity log could not be written and are lost; mail is not held up")]
    public static partial void ActivityLost(this ILogger logger, Exception error, int entries);
}
