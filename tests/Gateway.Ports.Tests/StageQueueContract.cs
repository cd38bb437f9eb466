using Gateway.Azure.Bus;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Ports.Tests;

/// <summary>What <see cref="IStageQueue"/> promises, whoever keeps it.</summary>
public abstract class StageQueueContract : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected FakeTimeProvider Clock { get; } = new(MailSamples.Start);

    private protected abstract IStageQueue Queue { get; }

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await DisposeCoreAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_was_sent_is_in_its_queue_byte_for_byte()
    {
        var id = MailSamples.NewId();
        StageMessage[] messages = [StageMessage.Of(MailSamples.Received(id, [])), StageMessage.Of(MailSamples.Inspected(id)), StageMessage.Of(MailSamples.Delivery(id, "a@b"))];
        await Queue.SendAsync(messages, Cancel);
        foreach (var message in messages)
        {
            var queued = Assert.Single(await DueAsync(message.Queue));
            Assert.Equal(message.Id, queued.Id);
            Assert.Equal(message.Body.ToArray(), queued.Body);
        }
    }

    [Fact]
    public async Task A_repeated_send_is_dropped_without_a_word()
    {
        var message = StageMessage.Of(MailSamples.Received(MailSamples.NewId(), []));
        await Queue.SendAsync([message], Cancel);
        await Queue.SendAsync([message, StageMessage.Of(MailSamples.Received(MailSamples.NewId(), []))], Cancel);
        Assert.Equal(2, (await DueAsync(StageQueue.Received)).Count);
    }

    [Fact]
    public async Task A_retry_a_replay_and_another_recipient_are_no_duplicates()
    {
        var id = MailSamples.NewId();
        await Queue.SendAsync(
            [
                StageMessage.Of(MailSamples.Delivery(id, "a@b")),
                StageMessage.Of(MailSamples.Delivery(id, "a@b", send: 1)),
                StageMessage.Of(MailSamples.Delivery(id, "a@b", run: 1)),
                StageMessage.Of(MailSamples.Delivery(id, "c@d")),
            ], Cancel);
        Assert.Equal(4, (await DueAsync(StageQueue.Deliveries)).Count);
    }

    [Fact]
    public async Task Nothing_to_send_is_nothing()
    {
        await Queue.SendAsync([], Cancel);
        Assert.Empty(await DueAsync(StageQueue.Received));
    }

    [Fact]
    public async Task Many_large_events_are_all_taken()
    {
        var messages = Enumerable.Range(0, 20).Select(_ => MailSamples.Received(MailSamples.NewId(), []) with { Received = new string('x', 190_000) }).Select(item => StageMessage.Of(item)).ToList();
        await Queue.SendAsync(messages, Cancel);
        Assert.Equal(messages.Select(message => message.Id), (await DueAsync(StageQueue.Received)).Select(queued => queued.Id));
    }

    [Fact]
    public async Task An_event_with_a_due_time_is_not_due_before_it()
    {
        await Queue.SendAsync([StageMessage.Of(MailSamples.Received(MailSamples.NewId(), []), MailSamples.Start.AddSeconds(30))], Cancel);
        Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Empty(await DueAsync(StageQueue.Received));
        Assert.Null(await Queue.OldestDueAsync(StageQueue.Received, Cancel));
        Clock.Advance(TimeSpan.FromSeconds(1));
        while ((await DueAsync(StageQueue.Received)).Count == 0)
        {
            await Task.Yield();
        }

        Assert.NotNull(await Queue.OldestDueAsync(StageQueue.Received, Cancel));
    }

    [Fact]
    public async Task The_oldest_due_is_when_it_was_enqueued()
    {
        Assert.Null(await Queue.OldestDueAsync(StageQueue.Inspected, Cancel));
        await Queue.SendAsync([StageMessage.Of(MailSamples.Inspected(MailSamples.NewId()), MailSamples.Start.AddHours(1))], Cancel);
        await Queue.SendAsync([StageMessage.Of(MailSamples.Inspected(MailSamples.NewId()))], Cancel);
        Clock.Advance(TimeSpan.FromSeconds(10));
        await Queue.SendAsync([StageMessage.Of(MailSamples.Inspected(MailSamples.NewId()))], Cancel);
        Assert.Equal(MailSamples.Start, await Queue.OldestDueAsync(StageQueue.Inspected, Cancel));
        Assert.Equal(MailSamples.Start, await Queue.OldestDueAsync(StageQueue.Inspected, Cancel)); // to look takes nothing away
        Assert.Null(await Queue.OldestDueAsync(StageQueue.Received, Cancel));
    }

    private protected abstract Task<IReadOnlyList<QueuedEvent>> DueAsync(StageQueue queue);

    private protected abstract ValueTask DisposeCoreAsync();
}

public sealed class SqliteStageQueueTests : StageQueueContract
{
    private SqliteSide? _side;

    private protected override IStageQueue Queue => _side!.Queue;

    public override ValueTask InitializeAsync()
    {
        _side = new(Clock);
        return ValueTask.CompletedTask;
    }

    private protected override Task<IReadOnlyList<QueuedEvent>> DueAsync(StageQueue queue) => Task.FromResult(_side!.Due(queue));

    private protected override ValueTask DisposeCoreAsync()
    {
        _side?.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class ServiceBusStageQueueTests : StageQueueContract
{
    private BusSide? _side;
    private ServiceBusStageQueue? _queue;

    private protected override IStageQueue Queue => _queue!;

    public override async ValueTask InitializeAsync()
    {
        _side = await BusSide.StartAsync(Clock);
        _queue = new(_side.Clients, new(new NoMeters()));
    }

    private protected override Task<IReadOnlyList<QueuedEvent>> DueAsync(StageQueue queue) => _side!.DueAsync(queue);

    private protected override async ValueTask DisposeCoreAsync()
    {
        await _queue!.DisposeAsync();
        await _side!.DisposeAsync();
    }
}
