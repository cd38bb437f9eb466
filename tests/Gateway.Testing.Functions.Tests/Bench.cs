using System.Reflection;
using Azure.Messaging.ServiceBus;
using Gateway.Testing.ServiceBus;

namespace Gateway.Testing.Functions.Tests;

/// <summary>A broker, a host over it with the worker of these tests, and a line to that worker's functions.</summary>
internal sealed class Bench : IAsyncDisposable
{
    public const string Queue = "act";
    public const string TextQueue = "text";

    /// <summary>Far more than anything takes that works; nothing waits so long for a thing that must not come.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServiceBusBroker _broker;

    private Bench(ServiceBusBroker broker, TestLine line, FunctionsHost host)
    {
        (_broker, Line, Host) = (broker, line, host);
        Client = new(broker.ConnectionString);
    }

    public static string WorkerDirectory { get; } = typeof(Bench).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "WorkerDirectory").Value!;

    public FunctionsHost Host { get; }

    public TestLine Line { get; }

    public ServiceBusClient Client { get; }

    public BrokerFaults Faults => _broker.Faults;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="settings">More settings; nothing listens to the dead-letter subqueue but where they say so.</param>
    /// <param name="change">What the queue has that is not the default.</param>
    public static async Task<Bench> StartAsync(Dictionary<string, string>? settings = null, Func<QueueOptions, QueueOptions>? change = null)
    {
        var queue = new QueueOptions { Name = Queue };
        var broker = await ServiceBusBroker.StartAsync(new() { Queues = [change?.Invoke(queue) ?? queue, new() { Name = TextQueue }] });
        var line = new TestLine();
        try
        {
            return new(broker, line, await FunctionsHost.StartAsync(Options(broker.ConnectionString, line.Port, settings), Cancel));
        }
        catch // whatever it was: nothing stays half up, and it goes on to the caller
        {
            await line.DisposeAsync();
            await broker.DisposeAsync();
            throw;
        }
    }

    public static FunctionsHostOptions Options(string connection, int port, Dictionary<string, string>? settings = null) => new()
    {
        ApplicationDirectory = WorkerDirectory,
        Settings = new Dictionary<string, string>(settings ?? [])
        {
            ["Bus"] = connection,
            ["ActQueue"] = Queue,
            ["TEST_PORT"] = $"{port}",
            ["A_SETTING"] = "as set",
            ["AzureWebJobs.Bury.Disabled"] = settings?.GetValueOrDefault("AzureWebJobs.Bury.Disabled") ?? "true",
        },
        WorkerEnvironment = start => new Dictionary<string, string> { ["START"] = $"{start}" },
    };

    public async Task SendAsync(string command, string id, Action<ServiceBusMessage>? change = null)
    {
        var message = new ServiceBusMessage("a body") { Subject = command, MessageId = id };
        change?.Invoke(message);
        await using var sender = Client.CreateSender(Queue);
        await sender.SendMessageAsync(message, Cancel);
    }

    /// <summary>The next message of the dead-letter subqueue.</summary>
    public async Task<ServiceBusReceivedMessage> DeadLetterAsync()
    {
        await using var receiver = Client.CreateReceiver(Queue, new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });
        return await receiver.ReceiveMessageAsync(Patience, Cancel) ?? throw new TimeoutException("No dead letter came");
    }

    /// <summary>What is in the queue, locked or not.</summary>
    public async Task<IReadOnlyList<ServiceBusReceivedMessage>> PeekAsync(SubQueue subQueue = SubQueue.None)
    {
        await using var receiver = Client.CreateReceiver(Queue, new ServiceBusReceiverOptions { SubQueue = subQueue });
        return await receiver.PeekMessagesAsync(100, 0, Cancel);
    }

    /// <summary>Waits for a state that comes by itself.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(Patience);
        while (!await holds())
        {
            await Task.Delay(10, limit.Token); // the state of another process or of the broker, which tell nobody
        }
    }

    public Task UntilAsync(Func<FunctionCounts, bool> holds) => UntilAsync(() => Task.FromResult(holds(Host.CountsOf("Act"))));

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Client.DisposeAsync();
        await Line.DisposeAsync();
        await _broker.DisposeAsync();
        foreach (var line in Host.Logs)
        {
            // Shown when the test fails.
            TestContext.Current.TestOutputHelper?.WriteLine($"{line.Level} {line.Category}: {line.Text} {line.Exception}");
        }
    }
}
