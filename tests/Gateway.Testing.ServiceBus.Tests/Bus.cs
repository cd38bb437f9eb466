using Azure.Messaging.ServiceBus;

namespace Gateway.Testing.ServiceBus.Tests;

/// <summary>
/// What the contract tests run against: a broker of their own each, or what <c>GATEWAY_SERVICEBUS</c> names by its connection string (the official
/// emulator, or Azure) with the default queues, which are emptied before each test. Everything goes through the unmodified client.
/// </summary>
internal sealed class Bus : IAsyncDisposable
{
    /// <summary>The queue that tests use unless they need two.</summary>
    public const string Queue = "received";

    public const string OtherQueue = "inspected";

    /// <summary>Far more than anything takes that works; nothing waits so long for a thing that must not come.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly string? External = Environment.GetEnvironmentVariable("GATEWAY_SERVICEBUS");
    private static int _told;

    private readonly ServiceBusBroker? _broker;

    private Bus(ServiceBusBroker? broker)
    {
        _broker = broker;
        ConnectionString = broker?.ConnectionString ?? External!;
        Client = NewClient();
    }

    public string ConnectionString { get; }

    public ServiceBusClient Client { get; }

    public ServiceBusBroker Broker => _broker ?? throw new InvalidOperationException("This test did not ask for a broker of its own");

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>For tests of what every target must do.</summary>
    public static async Task<Bus> OpenAsync()
    {
        Tell();
        if (External is null)
        {
            return await OpenBrokerAsync();
        }

        var bus = new Bus(null);
        foreach (var queue in new[] { Queue, OtherQueue })
        {
            await bus.DrainAsync(queue, SubQueue.None);
            await bus.DrainAsync(queue, SubQueue.DeadLetter);
        }

        return bus;
    }

    /// <summary>For tests that make faults, move the clock or need other queues: only our own broker lets them.</summary>
    public static async Task<Bus> OpenBrokerAsync(BrokerOptions? options = null)
    {
        Tell();
        Assert.SkipUnless(External is null, "Needs faults, a clock or queues that only the broker of this repository has");
        return new(await ServiceBusBroker.StartAsync(options ?? new()));
    }

    /// <summary>The client's own defaults but for waits between tries, which here are a few milliseconds.</summary>
    public ServiceBusClient NewClient(int tries = 3) => new(ConnectionString, Options(tries));

    public static ServiceBusClientOptions Options(int tries = 3) => new()
    {
        RetryOptions = External is null
            ? new() { MaxRetries = tries, Delay = TimeSpan.FromMilliseconds(5), MaxDelay = TimeSpan.FromMilliseconds(20), TryTimeout = TimeSpan.FromSeconds(20) }
            : new() { MaxRetries = tries },
    };

    public async Task SendAsync(params ServiceBusMessage[] messages)
    {
        await using var sender = Client.CreateSender(Queue);
        await sender.SendMessagesAsync(messages, Cancel);
    }

    public ServiceBusReceiver Receiver(string queue = Queue, SubQueue subQueue = SubQueue.None, ServiceBusReceiveMode mode = ServiceBusReceiveMode.PeekLock, int prefetch = 0) =>
        Client.CreateReceiver(queue, new ServiceBusReceiverOptions { SubQueue = subQueue, ReceiveMode = mode, PrefetchCount = prefetch });

    public static ServiceBusMessage NewMessage(string text = "hello") => new(text) { MessageId = Guid.NewGuid().ToString("N") };

    /// <summary>The next message, which must come.</summary>
    public static async Task<ServiceBusReceivedMessage> NextAsync(ServiceBusReceiver receiver)
    {
        var message = await receiver.ReceiveMessageAsync(Patience, Cancel);
        Assert.NotNull(message);
        return message;
    }

    /// <summary>Receives and completes this many, which must come, in as many calls as it takes.</summary>
    public static async Task<IReadOnlyList<ServiceBusReceivedMessage>> CompleteAsync(ServiceBusReceiver receiver, int count)
    {
        var all = new List<ServiceBusReceivedMessage>();
        while (all.Count < count)
        {
            var some = await receiver.ReceiveMessagesAsync(count - all.Count, Patience, Cancel);
            Assert.NotEmpty(some);
            foreach (var message in some)
            {
                await receiver.CompleteMessageAsync(message, Cancel);
            }

            all.AddRange(some);
        }

        return all;
    }

    /// <summary>Completes by the lock alone, over a new connection: a client that notices in mid-settlement that its own is gone reports the lock as lost.</summary>
    public async Task CompleteElsewhereAsync(ServiceBusReceivedMessage message)
    {
        await using var client = NewClient();
        await using var receiver = client.CreateReceiver(Queue);
        await receiver.CompleteMessageAsync(message, Cancel);
    }

    /// <summary>Nothing is in the queue in any state; a look, not a wait.</summary>
    public static async Task AssertEmptyAsync(ServiceBusReceiver receiver) => Assert.Null(await receiver.PeekMessageAsync(0, Cancel));

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }
    }

    /// <summary>Takes away what an earlier test left, whatever state it is in; what is still locked stays.</summary>
    private async Task DrainAsync(string queue, SubQueue subQueue)
    {
        await using var receiver = Receiver(queue, subQueue, ServiceBusReceiveMode.ReceiveAndDelete);
        await using var sender = Client.CreateSender(queue);
        for (var vain = 0; vain < 3 && await receiver.PeekMessagesAsync(100, 0, Cancel) is { Count: > 0 } left;)
        {
            var numbers = left.ToLookup(message => message.State, message => message.SequenceNumber);
            if (numbers[ServiceBusMessageState.Scheduled].ToArray() is { Length: > 0 } scheduled)
            {
                await sender.CancelScheduledMessagesAsync(scheduled, Cancel);
            }

            if (numbers[ServiceBusMessageState.Deferred].ToArray() is { Length: > 0 } deferred)
            {
                await receiver.ReceiveDeferredMessagesAsync(deferred, Cancel);
            }

            if (numbers[ServiceBusMessageState.Active].Any() && (await receiver.ReceiveMessagesAsync(100, TimeSpan.FromSeconds(1), Cancel)).Count == 0)
            {
                vain++;
            }
        }
    }

    private static void Tell()
    {
        if (Interlocked.Exchange(ref _told, 1) == 0)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(External is null ? "Target: the broker of this repository" : "Target: what GATEWAY_SERVICEBUS names");
        }
    }
}
