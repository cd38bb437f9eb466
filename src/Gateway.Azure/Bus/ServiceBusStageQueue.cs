using System.Collections.Concurrent;
using Azure.Messaging.ServiceBus;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.Azure.Bus;

/// <summary>The three queues of the namespace, from the sender's side.</summary>
/// <param name="clients">Outlives this.</param>
/// <param name="metrics">Instruments.</param>
public sealed class ServiceBusStageQueue(BusClients clients, AzureMetrics metrics) : IStageQueue, IAsyncDisposable
{
    /// <summary>Messages looked at to find one that is due: those with a due time stand between.</summary>
    public const int MaxPeeked = 1000;

    private const int PeekPage = 100;
    private readonly ConcurrentDictionary<StageQueue, ServiceBusReceiver> _peekers = new();

    /// <remarks>After an exception, some of the messages may be in their queues; sent again they are dropped as duplicates.</remarks>
    /// <exception cref="EventException">A message was not accepted, or that is not known.</exception>
    public async ValueTask SendAsync(IReadOnlyList<StageMessage> messages, CancellationToken cancel)
    {
        foreach (var group in messages.GroupBy(message => message.Queue))
        {
            try
            {
                await SendAsync(clients.Sender(group.Key), new(group.Select(BusMessages.Of)), cancel);
            }
            catch (Exception e) when (e is not (EventException or OperationCanceledException))
            {
                throw new EventException(EventFault.Unavailable, $"Queue {QueueNames.Of(group.Key)} did not accept events: {AzureFault.WhyOf(e)}", e);
            }
        }
    }

    /// <remarks>
    /// A message that is being worked on counts too: by peeking it cannot be told from one that waits. With more than
    /// <see cref="MaxPeeked"/> messages that are not due in front, it is null.
    /// </remarks>
    public async ValueTask<DateTimeOffset?> OldestDueAsync(StageQueue queue, CancellationToken cancel)
    {
        var peeker = _peekers.GetOrAdd(queue, static (key, client) => client.CreateReceiver(QueueNames.Of(key)), clients.Receiving);
        long from = 0;
        for (var peeked = 0; peeked < MaxPeeked;)
        {
            // From a number of our own: without it the receiver goes on where the last look ended.
            var page = await peeker.PeekMessagesAsync(PeekPage, from, cancel);
            if (page.Count == 0)
            {
                return null;
            }

            if (page.FirstOrDefault(message => message.State == ServiceBusMessageState.Active) is { } active)
            {
                return active.EnqueuedTime;
            }

            peeked += page.Count;
            from = page[^1].SequenceNumber + 1;
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var peeker in _peekers.Values)
        {
            await peeker.DisposeAsync();
        }
    }

    private async Task SendAsync(ServiceBusSender sender, Queue<ServiceBusMessage> waiting, CancellationToken cancel)
    {
        while (waiting.Count > 0)
        {
            using var batch = await sender.CreateMessageBatchAsync(cancel);
            while (waiting.TryPeek(out var next) && batch.TryAddMessage(next))
            {
                waiting.Dequeue();
            }

            if (batch.Count == 0)
            {
                throw new EventException(EventFault.TooLarge, "An event is larger than the queue takes");
            }

            await sender.SendMessagesAsync(batch, cancel);
            metrics.Transferred(batch.Count);
        }
    }
}
