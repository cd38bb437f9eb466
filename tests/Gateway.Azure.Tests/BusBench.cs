using Azure.Messaging.ServiceBus;
using Gateway.Azure.Bus;
using Gateway.Core.Events;
using Gateway.Testing.ServiceBus;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Azure.Tests;

/// <summary>A broker of the test's own and the gateway's clients of it.</summary>
internal sealed class BusBench : IAsyncDisposable
{
    private readonly ServiceBusClient _other;

    private BusBench(ServiceBusBroker broker, FakeTimeProvider? clock, BusOptions options)
    {
        (Broker, Clock, Options) = (broker, clock ?? new(), options);
        Clients = new(options, null);
        Metrics = new(Meters);
        Events = new(Clients, Metrics);
        Queue = new(Clients, Metrics);
        _other = new(broker.ConnectionString);
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public TestMeters Meters { get; } = new();

    public ServiceBusBroker Broker { get; }

    public FakeTimeProvider Clock { get; }

    public BusOptions Options { get; }

    public BusClients Clients { get; }

    public AzureMetrics Metrics { get; }

    public EventSender Events { get; }

    public ServiceBusStageQueue Queue { get; }

    /// <param name="retries">Of the SDK.</param>
    /// <param name="queue">Changes the broker's queues; null: as in Azure.</param>
    /// <param name="clock">The broker's; null: the machine's.</param>
    public static async Task<BusBench> StartAsync(int retries = 3, Func<QueueOptions, QueueOptions>? queue = null, FakeTimeProvider? clock = null)
    {
        var queues = new BrokerOptions().Queues.Select(queue ?? (one => one)).ToList();
        var broker = await ServiceBusBroker.StartAsync(new() { Queues = queues, Clock = clock ?? TimeProvider.System });
        return new(broker, clock, new() { ConnectionString = broker.ConnectionString, MaxRetries = retries });
    }

    /// <summary>Another client's receiver, e.g. to lock a message or to peek.</summary>
    public ServiceBusReceiver Receiver(StageQueue queue = StageQueue.Received, SubQueue subQueue = SubQueue.None) =>
        _other.CreateReceiver(QueueNames.Of(queue), new ServiceBusReceiverOptions { SubQueue = subQueue });

    /// <summary>What is in the queue, due or not, locked or not.</summary>
    public async Task<IReadOnlyList<ServiceBusReceivedMessage>> QueuedAsync(StageQueue queue = StageQueue.Received, SubQueue subQueue = SubQueue.None)
    {
        await using var receiver = Receiver(queue, subQueue);
        var all = new List<ServiceBusReceivedMessage>();
        while (await receiver.PeekMessagesAsync(200, all.Count == 0 ? 0 : all[^1].SequenceNumber + 1, Cancel) is { Count: > 0 } page)
        {
            all.AddRange(page);
        }

        return all;
    }

    public async ValueTask DisposeAsync()
    {
        await Events.DisposeAsync();
        await Queue.DisposeAsync();
        await Clients.DisposeAsync();
        await _other.DisposeAsync();
        await Broker.DisposeAsync();
        Meters.Dispose();
    }
}
