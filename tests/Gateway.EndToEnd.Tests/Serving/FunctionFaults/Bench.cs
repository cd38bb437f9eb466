using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Messaging.ServiceBus;
using Gateway.Azure;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.EndToEnd.Tests.Crash;
using Gateway.EndToEnd.Tests.Serving.Faults;
using Gateway.Pipeline;
using Gateway.Pipeline.DeadLetters;
using Gateway.Testing.Functions;
using Gateway.Testing.ServiceBus;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>Mail by SMTP through <c>gateway serve</c> without stages, the Functions app in its real worker, endpoints, and what stands between them.</summary>
internal sealed class Bench : IAsyncDisposable
{
    /// <summary>In the order in which an event goes through them: looked at in this order, none slips by.</summary>
    public static readonly ImmutableArray<string> Queues = [QueueNames.Received, QueueNames.Inspected, QueueNames.Deliveries];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<FunctionsHost> _hosts = [];
    private GatewayProcess? _serve;

    private Bench(EndpointFarm farm, AzureSite site, TimeSpan patience)
    {
        (Farm, Site) = (farm, site);
        _limit.CancelAfter(patience);
    }

    public EndpointFarm Farm { get; }

    public AzureSite Site { get; }

    public ServiceBusBroker Broker => Site.Broker;

    public FunctionsHost Functions => _hosts[^1];

    /// <summary>Ends when a bench has taken too long for anything.</summary>
    public CancellationToken Cancel => _limit.Token;

    /// <summary>Messages whose 250 was read.</summary>
    public Dictionary<string, LoadMessage> Accepted { get; } = new(StringComparer.Ordinal);

    /// <summary>Events of which a record must tell, whole.</summary>
    public List<DoomedEvent> Doomed { get; } = [];

    /// <summary>How far the waits were put forward in all.</summary>
    public TimeSpan Jumped { get; private set; }

    /// <param name="document">The configuration; told where the endpoints are.</param>
    /// <param name="answer">What the endpoints say; null: 200.</param>
    /// <param name="lockDuration">Of the queues; null: as <see cref="AzureSite"/> has it.</param>
    /// <param name="patience">For all that is waited for; null: two minutes, where some seconds are enough.</param>
    public static async Task<Bench> StartAsync(Func<string, JsonObject> document, Func<FarmRequest, Task<int>>? answer = null, TimeSpan? lockDuration = null, TimeSpan? patience = null)
    {
        var farm = await EndpointFarm.StartAsync(answer ?? (_ => Task.FromResult(200)), TestContext.Current.CancellationToken);
        try
        {
            return new(farm, await AzureSite.StartAsync(document(farm.Url), lockDuration: lockDuration), patience ?? Patience);
        }
        catch // whatever it was: nothing stays half up, and it goes on to the caller
        {
            await farm.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the app; done when it listens. Another one takes the place of one that was stopped.</summary>
    public async Task<FunctionsHost> WorkAsync(IReadOnlyDictionary<string, string>? settings = null, (string Point, int Occurrence)? crashAt = null)
    {
        _hosts.Add(await Site.RunFunctionsAsync(settings, crashAt));
        return Functions;
    }

    /// <summary>Starts the half that takes mail, if need be.</summary>
    public async Task<GatewayProcess> ServeAsync() => _serve ??= await Site.ServeWithoutStagesAsync();

    /// <summary>Done when all messages are answered 250. Once: the same octets would come again.</summary>
    /// <param name="messages">How many.</param>
    /// <param name="recipients">Of each; none: one or two mailboxes of <see cref="DataSite"/>.</param>
    public async Task SendAsync(int messages, params IReadOnlyList<string> recipients)
    {
        var serve = await ServeAsync();
        var clients = new PersistentClients(messages, octets: 2_000, recipients.Count > 0 ? recipients : null);
        clients.Use(serve.SmtpEndpoint);
        await clients.RunAsync(serve.Errors, Cancel);
        Assert.Empty(clients.Odd);
        foreach (var (hash, message) in clients.Accepted)
        {
            Accepted.Add(hash, message);
        }
    }

    public QueueCounts CountsOf(string queue) => Broker.CountsOf(queue);

    /// <summary>Nothing is left in any queue or subqueue, whatever it would wait for.</summary>
    public bool IsEmpty() => Queues.All(queue => CountsOf(queue) is { IsIdle: true, Scheduled: 0 });

    public Task UntilAsync(Func<bool> condition, string what) => WaitAsync(condition, what, jumps: false);

    /// <summary>Waits, and is over whatever only waits for time: each time that nothing is worked on, the broker goes on to what is due next.</summary>
    public Task JumpUntilAsync(Func<bool> condition, string what) => WaitAsync(condition, what, jumps: true);

    /// <summary>Everything that is in a queue comes to its end.</summary>
    public Task DrainAsync() => JumpUntilAsync(IsEmpty, "empty queues");

    public async Task<IReadOnlyList<DeadLetterRecord>> DeadLettersAsync()
    {
        var records = new List<DeadLetterRecord>();
        await foreach (var entry in StatesAsync(DeadLetterRecord.Collection))
        {
            records.Add(JsonSerializer.Deserialize(entry.Value.Span, RecordJson.Relaxed.DeadLetterRecord)!);
        }

        return records;
    }

    public async IAsyncEnumerable<StateEntry> StatesAsync(string collection)
    {
        string? continuation = null;
        do
        {
            var page = await State().ListAsync(collection, "", continuation, 500, Cancel);
            foreach (var entry in page.Entries)
            {
                yield return entry;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
    }

    public IStateStore State() => AzureServices.CreateStateStore(
        new() { ConnectionString = Site.Environment["GATEWAY_Storage__ConnectionString"], Prefix = Site.Environment["GATEWAY_Storage__Prefix"] }, new(), TimeProvider.System);

    public ServiceBusClient Client() => new(Broker.ConnectionString);

    /// <summary>Puts something into a queue that nobody can work on.</summary>
    public async Task DoomAsync(StageQueue queue, byte[] body, MessageId? messageId = null)
    {
        await using var client = Client();
        await using var sender = client.CreateSender(QueueNames.Of(queue));
        await sender.SendMessageAsync(new(body), Cancel);
        Doomed.Add(new(queue, body, messageId, RawKept: false, IsByHand: true));
    }

    /// <summary>What a queue holds now, locked or not, is to end as records, with the raw messages kept.</summary>
    /// <returns>How many events.</returns>
    public async Task<int> DoomAllAsync(StageQueue queue)
    {
        await using var client = Client();
        await using var receiver = client.CreateReceiver(QueueNames.Of(queue));
        var events = await receiver.PeekMessagesAsync(100, cancellationToken: Cancel);
        Doomed.AddRange(events.Select(message => DoomedEvent.OfMail(queue, message.Body.ToArray())));
        return events.Count;
    }

    /// <summary>How often the log says that an event of this queue was put off.</summary>
    public int PutOff(string queue) => Functions.Logs.Count(line =>
        line.Text.Contains($"of queue {queue} is put off until", StringComparison.OrdinalIgnoreCase));

    public async ValueTask DisposeAsync()
    {
        await _limit.CancelAsync();
        await Site.DisposeAsync(); // with all that was started on it
        await Farm.DisposeAsync();
        _limit.Dispose();
    }

    private async Task WaitAsync(Func<bool> condition, string what, bool jumps)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (true)
            {
                // First, so that nothing can come to rest between the two: what was at rest before the condition was false is at rest in vain.
                var counts = Queues.Select(CountsOf).ToList();
                if (condition())
                {
                    return;
                }

                if (jumps)
                {
                    Jump(counts);
                }

                await timer.WaitForNextTickAsync(Cancel);
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Waited in vain for {what}. {Story()}");
        }
    }

    /// <summary>A quarter further than the next is due: what waits equally long, a tenth more or less, comes with it.</summary>
    private void Jump(List<QueueCounts> counts)
    {
        if (counts.TrueForAll(queue => queue.IsIdle) && counts.Min(queue => queue.NextDue) is { } due)
        {
            var wait = due - TimeProvider.System.GetUtcNow();
            if (wait > TimeSpan.Zero)
            {
                Broker.PutForward(wait * 1.25);
                Jumped += wait * 1.25;
            }
        }
    }

    private string Story() =>
        $"{string.Join("; ", Queues.Select(CountsOf))}\n{string.Join('\n', _hosts.SelectMany(host => host.Logs.TakeLast(100)).Select(line => $"{line.Level} {line.Category}: {line.Text}"))}";
}
