using Azure.Messaging.ServiceBus;
using Gateway.Core.Events;

namespace Gateway.Azure.Bus;

/// <summary>
/// Sends the events of all sessions to queue "received". A few transfers are under way at a time; each takes all that waits, so under load
/// many events share one, and alone an event waits for nobody.
/// </summary>
public sealed class EventSender : IAsyncDisposable
{
    /// <summary>Transfers under way at a time.</summary>
    public const int MaxTransfers = 4;

    /// <summary>Events that may wait; one more is refused. Each has a session that waits, so the limit of connections is reached long before.</summary>
    public const int MaxWaiting = 10_000;

    private readonly ServiceBusSender _sender;
    private readonly AzureMetrics _metrics;
    private readonly Lock _lock = new();
    private readonly LinkedList<PendingEvent> _waiting = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _transfers;
    private bool _isClosed;

    /// <param name="clients">Outlives this.</param>
    /// <param name="metrics">Instruments.</param>
    public EventSender(BusClients clients, AzureMetrics metrics) => (_sender, _metrics) = (clients.Sender(StageQueue.Received), metrics);

    /// <summary>Completes when the queue has accepted the event. A repeated send of the same id is dropped by the queue.</summary>
    /// <exception cref="EventException">It was not accepted, or that is not known.</exception>
    /// <exception cref="OperationCanceledException">The wait was given up; an event that was under way by then may be accepted.</exception>
    public async Task SendAsync(StageMessage message, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var item = new PendingEvent(BusMessages.Of(message));
        Enqueue(item);
        await using var registration = cancel.UnsafeRegister(_ => GiveUp(item, cancel), null);
        await item.Outcome;
    }

    /// <summary>What waits fails; what is under way is cut.</summary>
    public async ValueTask DisposeAsync()
    {
        PendingEvent[] waiting;
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            waiting = [.. _waiting];
            _waiting.Clear();
            if (_transfers == 0)
            {
                _ended.SetResult();
            }
        }

        foreach (var item in waiting)
        {
            FailClosed(item);
        }

        await _closing.CancelAsync();
        await _ended.Task;
        _closing.Dispose();
    }

    private void Enqueue(PendingEvent item)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                throw new EventException(EventFault.Unavailable, "The sender is closed");
            }

            if (_waiting.Count == MaxWaiting)
            {
                throw new EventException(EventFault.Unavailable, "Too many events wait");
            }

            item.Place = _waiting.AddLast(item);
            StartTransfers();
        }
    }

    private void GiveUp(PendingEvent item, CancellationToken cancel)
    {
        item.GiveUp(cancel);
        lock (_lock)
        {
            if (item.Place is { List: not null } place)
            {
                _waiting.Remove(place);
            }
        }
    }

    private void StartTransfers()
    {
        if (_transfers < MaxTransfers && _waiting.Count > 0)
        {
            _transfers++;

            // On its own: a transfer belongs to many sessions, so it must not run under the trace, nor on the socket's thread, of one.
            ThreadPool.UnsafeQueueUserWorkItem(static sender => _ = sender.TransferAsync(), this, preferLocal: false);
        }
    }

    private async Task TransferAsync()
    {
        while (TakeAll() is { } taken)
        {
            try
            {
                await SendAsync(taken);
            }
            catch (Exception e)
            {
                FailAll(taken, e);
            }
        }
    }

    /// <summary>Null when nothing waits: the transfer is over then.</summary>
    private List<PendingEvent>? TakeAll()
    {
        lock (_lock)
        {
            if (_waiting.Count > 0)
            {
                List<PendingEvent> taken = [.. _waiting];
                _waiting.Clear();
                return taken;
            }

            _transfers--;
            if (_isClosed && _transfers == 0)
            {
                _ended.SetResult();
            }

            return null;
        }
    }

    private async Task SendAsync(List<PendingEvent> taken)
    {
        using var batch = await _sender.CreateMessageBatchAsync(_closing.Token);
        var inBatch = Fill(batch, taken);
        if (inBatch.Count == 0)
        {
            return;
        }

        try
        {
            AzureDiagnostics.Write(AzureDiagnostics.EventSending);
            await _sender.SendMessagesAsync(batch, _closing.Token);
            AzureDiagnostics.Write(AzureDiagnostics.EventAccepted);
            _metrics.Transferred(inBatch.Count);
        }
        catch (Exception e) when (inBatch.Count > 1 && AzureFault.MayBeOneEvent(e))
        {
            await Task.WhenAll(inBatch.Where(item => !item.IsSettled).Select(SendAloneAsync));
            return;
        }

        foreach (var item in inBatch)
        {
            item.Accept();
        }
    }

    /// <summary>Puts into the batch what is still waited for; what does not fit is first in the next.</summary>
    private List<PendingEvent> Fill(ServiceBusMessageBatch batch, List<PendingEvent> taken)
    {
        var inBatch = new List<PendingEvent>(taken.Count);
        for (var n = 0; n < taken.Count; n++)
        {
            var item = taken[n];
            if (item.IsSettled)
            {
                continue;
            }

            if (batch.TryAddMessage(item.Message))
            {
                inBatch.Add(item);
            }
            else if (inBatch.Count == 0)
            {
                item.Fail(EventFault.TooLarge, "The event is larger than the queue takes", null);
            }
            else
            {
                GiveBack(taken[n..]);
                taken.RemoveRange(n, taken.Count - n);
            }
        }

        return inBatch;
    }

    private void GiveBack(List<PendingEvent> rest)
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                foreach (var item in Enumerable.Reverse(rest).Where(item => !item.IsSettled))
                {
                    item.Place = _waiting.AddFirst(item);
                }

                StartTransfers();
                return;
            }
        }

        rest.ForEach(FailClosed);
    }

    /// <summary>After its batch failed. What had been accepted all the same is dropped as a duplicate, which is a success.</summary>
    private async Task SendAloneAsync(PendingEvent item)
    {
        try
        {
            await _sender.SendMessageAsync(item.Message, _closing.Token);
            AzureDiagnostics.Write(AzureDiagnostics.EventAccepted);
            _metrics.Transferred(1);
            item.Accept();
        }
        catch (Exception e)
        {
            FailAll([item], e);
        }
    }

    private static void FailAll(List<PendingEvent> items, Exception cause)
    {
        var fault = AzureFault.WhyOf(cause) == AzureFault.TooLarge ? EventFault.TooLarge : EventFault.Unavailable;
        foreach (var item in items)
        {
            item.Fail(fault, $"The queue did not accept the event: {AzureFault.WhyOf(cause)}", cause);
        }
    }

    private static void FailClosed(PendingEvent item) => item.Fail(EventFault.Unavailable, "The sender is closed", null);
}
