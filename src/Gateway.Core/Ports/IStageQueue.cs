using Gateway.Core.Events;

namespace Gateway.Core.Ports;

/// <summary>The queues between the stages, from the sender's side. Who receives is the driver's business: a Function, or the local pump.</summary>
public interface IStageQueue
{
    /// <summary>
    /// Completes when every message is durable in its queue. A message whose id is already there is dropped without a word, so a send
    /// may be repeated after a failure whose outcome is unknown.
    /// </summary>
    ValueTask SendAsync(IReadOnlyList<StageMessage> messages, CancellationToken cancel);

    /// <summary>When the oldest message that is due now was enqueued; null when none waits.</summary>
    ValueTask<DateTimeOffset?> OldestDueAsync(StageQueue queue, CancellationToken cancel);
}
