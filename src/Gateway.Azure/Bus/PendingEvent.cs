using Azure.Messaging.ServiceBus;

namespace Gateway.Azure.Bus;

/// <summary>An event that somebody waits for.</summary>
internal sealed class PendingEvent(ServiceBusMessage message)
{
    private readonly TaskCompletionSource _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ServiceBusMessage Message { get; } = message;

    /// <summary>Its place among those that wait; null when it has none.</summary>
    public LinkedListNode<PendingEvent>? Place { get; set; }

    public Task Outcome => _outcome.Task;

    /// <summary>The outcome is known, or nobody waits for it any more.</summary>
    public bool IsSettled => _outcome.Task.IsCompleted;

    public void Accept() => _outcome.TrySetResult();

    public void Fail(EventFault fault, string message, Exception? cause) => _outcome.TrySetException(new EventException(fault, message, cause));

    public void GiveUp(CancellationToken cancel) => _outcome.TrySetCanceled(cancel);
}
