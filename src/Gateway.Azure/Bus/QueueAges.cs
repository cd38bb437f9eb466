using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.Azure.Bus;

/// <summary>Looks how long events wait, for a metric: what grows there is not worked on. What was put off is not due, and begins anew when it is.</summary>
public sealed class QueueAges(IStageQueue queues, AzureMetrics metrics, TimeProvider clock)
{
    /// <summary>Peeks into each queue and records the age of its oldest event that is due.</summary>
    /// <exception cref="global::Azure.Messaging.ServiceBus.ServiceBusException">A queue could not be looked into; the others' ages are recorded.</exception>
    public Task MeasureAsync(CancellationToken cancel) => Task.WhenAll(Enum.GetValues<StageQueue>().Select(async queue =>
    {
        var oldest = await queues.OldestDueAsync(queue, cancel);
        metrics.OldestDue(QueueNames.Of(queue), oldest is { } since ? clock.GetUtcNow() - since : TimeSpan.Zero);
    }));
}
