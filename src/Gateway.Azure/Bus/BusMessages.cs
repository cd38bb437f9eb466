using Azure.Messaging.ServiceBus;
using Gateway.Core.Events;

namespace Gateway.Azure.Bus;

/// <summary>The form of an event in a queue.</summary>
internal static class BusMessages
{
    public static ServiceBusMessage Of(StageMessage item)
    {
        var message = new ServiceBusMessage(item.Body)
        {
            MessageId = item.Id,
            ContentType = "application/json",
            Subject = QueueNames.Of(item.Queue),
        };
        if (item.Due is { } due)
        {
            message.ScheduledEnqueueTime = due;
        }

        // The SDK would put a span of its own here, under whatever runs while a batch is made; it leaves alone what is there already.
        // Receivers read the first and, when they are old, the second.
        if (item.TraceParent is { } parent)
        {
            message.ApplicationProperties["traceparent"] = parent;
            message.ApplicationProperties["Diagnostic-Id"] = parent;
        }

        return message;
    }
}
