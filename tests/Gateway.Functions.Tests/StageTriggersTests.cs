using System.Collections;
using Azure.Messaging.ServiceBus;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Testing.ServiceBus;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Functions.Tests;

/// <summary>
/// How many inspections run at once. The stages are the real ones over a real broker and storage; only the store of messages is the test's, so that
/// an inspection stands still. Up to that store nothing waits, so what a call has done by its return needs no waiting for either.
/// </summary>
public sealed class StageTriggersTests(AccountFixture account) : IClassFixture<AccountFixture>, IAsyncLifetime
{
    private static readonly int Most = StageTriggers.MostInspections;

    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly HeldStore _store = new();
    private ServiceBusBroker? _broker;
    private ServiceProvider? _services;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private StageTriggers Triggers => _services!.GetRequiredService<StageTriggers>();

    public async ValueTask InitializeAsync()
    {
        Assert.NotNull(account.Clients); // or the test is skipped
        _broker = await ServiceBusBroker.StartAsync(new());
        var environment = new Hashtable
        {
            ["Bus"] = _broker.ConnectionString,
            ["GATEWAY_Storage__ConnectionString"] = account.Options.ConnectionString,
            ["GATEWAY_Storage__Prefix"] = account.Options.Prefix,
            ["GATEWAY_Storage__TryTimeout"] = account.Options.TryTimeout.ToString(),
        };
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddGateway(FunctionSettings.Read(environment, out var problems));
        Assert.Empty(problems);
        services.AddSingleton<IMessageStore>(_store);
        services.AddSingleton<TimeProvider>(_clock);
        _services = services.BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }

        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }
    }

    [Fact]
    public async Task So_many_inspections_run_and_the_others_wait_while_other_stages_go_on()
    {
        Task[] all = [.. Enumerable.Range(0, Most + 4).Select(_ => InspectAsync(Cancel))];
        Assert.Equal(Most, _store.Opened);
        await Triggers.RunAsync(StageQueue.Deliveries, Message("nonsense"u8.ToArray()), null!, Cancel); // becomes a record
        Assert.Equal(Most, _store.Opened);
        _store.Answer.SetResult();
        await Task.WhenAll(all);
        Assert.Equal(Most + 4, _store.Opened);
    }

    [Fact]
    public async Task One_that_waits_when_the_host_ends_goes_and_takes_no_place_away()
    {
        Task[] all = [.. Enumerable.Range(0, Most).Select(_ => InspectAsync(Cancel))];
        using var end = new CancellationTokenSource();
        var waiting = InspectAsync(end.Token);
        await end.CancelAsync();
        Assert.False(waiting.IsCompleted); // what is under way has some seconds to end
        _clock.Advance(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        var next = InspectAsync(Cancel);
        Assert.Equal(Most, _store.Opened);
        _store.Answer.SetResult();
        await Task.WhenAll([.. all, next]);
        Assert.Equal(Most + 1, _store.Opened);
    }

    [Fact]
    public async Task The_pause_after_a_failure_holds_no_place()
    {
        _store.Failure = new InvalidOperationException("a mistake of ours");
        Task[] pausing = [.. Enumerable.Range(0, Most).Select(_ => InspectAsync(Cancel))];
        Assert.All(pausing, task => Assert.False(task.IsCompleted));
        _store.Failure = null;
        var next = InspectAsync(Cancel);
        Assert.Equal(Most + 1, _store.Opened);
        _store.Answer.SetResult();
        await next;
        Assert.All(pausing, task => Assert.False(task.IsCompleted));
        _clock.Advance(TimeSpan.FromSeconds(1)); // the first one of a message
        foreach (var task in pausing)
        {
            Assert.Equal("a mistake of ours", (await Assert.ThrowsAsync<InvalidOperationException>(() => task)).Message);
        }
    }

    private Task InspectAsync(CancellationToken cancel) => Triggers.RunAsync(StageQueue.Received, Message(Received()), null!, cancel);

    private ReadOnlyMemory<byte> Received() => StageMessage.Of(new ReceivedEvent
    {
        MessageId = MessageId.New(TimeProvider.System),
        ReceivedAt = _clock.GetUtcNow(),
        Octets = 1,
        Sha256 = new string('0', 64),
        Envelope = new() { From = "alice@example.org", Recipients = ["support@in.example.com"], Helo = "mail.example.org" },
        Client = new("127.0.0.1", ClientSource.Socket),
        Received = "Received: from mail.example.org",
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }).Body;

    private static ServiceBusReceivedMessage Message(ReadOnlyMemory<byte> body) =>
        ServiceBusModelFactory.ServiceBusReceivedMessage(BinaryData.FromBytes(body), messageId: "a", lockTokenGuid: Guid.NewGuid(), deliveryCount: 1);

    /// <summary>Has no messages, and says so when told to.</summary>
    private sealed class HeldStore : IMessageStore
    {
        private int _opened;

        public int Opened => Volatile.Read(ref _opened);

        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Thrown at once in place of an answer.</summary>
        public Exception? Failure { get; set; }

        public async ValueTask<Stream?> OpenRawAsync(MessageId id, CancellationToken cancel)
        {
            Interlocked.Increment(ref _opened);
            if (Failure is not null)
            {
                throw Failure;
            }

            await Answer.Task.WaitAsync(cancel);
            return null;
        }

        public ValueTask<bool> KeepAsync(MessageId id, CancellationToken cancel) => ValueTask.FromResult(false);

        public ValueTask DeleteAsync(MessageId id, CancellationToken cancel) => throw new NotSupportedException();

        public ValueTask WritePartAsync(MessageId id, string part, Stream content, CancellationToken cancel) => throw new NotSupportedException();

        public ValueTask<Stream?> OpenPartAsync(MessageId id, string part, CancellationToken cancel) => throw new NotSupportedException();

        public ValueTask<Uri> CreateLinkAsync(MessageId id, StoredLink link, DateTimeOffset expires, CancellationToken cancel) => throw new NotSupportedException();
    }
}
