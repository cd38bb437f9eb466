using Gateway.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Pipeline.Inspect;

internal static partial class InspectLog
{
    [LoggerMessage(2001, LogLevel.Information, "Inspected {MessageId}: {Octets} octets, {Attachments} attachments, {Defects} defects")]
    public static partial void Inspected(this ILogger logger, MessageId messageId, long octets, int attachments, int defects);

    [LoggerMessage(2002, LogLevel.Warning, "Event of queue received can't be worked on: {Reason}")]
    public static partial void ReceivedRefused(this ILogger logger, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "The parser gave up on {MessageId}; it goes on with what was read")]
    public static partial void Unparsable(this ILogger logger, MessageId messageId);
}
