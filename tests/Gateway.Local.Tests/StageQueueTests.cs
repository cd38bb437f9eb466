using Gateway.Core;
using Gateway.Core.Events;

namespace Gateway.Local.Tests;

public sealed class StageQueueTests : IDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
    private readonly LocalStorage _storage = new();

    public void Dispose() => _storage.Dispose();

    [Fact]
    public async Task A_repeated_send_of_the_same_enqueue_is_dropped_and_a_retry_is_not()
    {
        var id = MessageId.New(_storage.Clock);
        await SendAsync(id, send: 0);
        await SendAsync(id, send: 0);
        await SendAsync(id, send: 1);
        Assert.Equal(2, (await LeaseAsync(10)).Count);
    }

    [Fact]
    public async Task A_message_with_a_due_time_is_handed_out_then_and_not_before()
    {
        await _storage.Queue.SendAsync([StageMessage.Of(_storage.Event(MessageId.New(_storage.Clock), []), _storage.Clock.GetUtcNow().AddSeconds(30))], default);
        _storage.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Empty(await LeaseAsync(10));
        Assert.Null(await _storage.Queue.OldestDueAsync(StageQueue.Received, default));
        _storage.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(await LeaseAsync(10));
    }

    [Fact]
    public async Task A_leased_message_is_handed_out_again_when_the_lease_ends_and_the_first_holder_has_lost_it()
    {
        await SendAsync(MessageId.New(_storage.Clock));
        var first = Assert.Single(await LeaseAsync(10));
        Assert.Empty(await LeaseAsync(10));

        _storage.Clock.Advance(Lease);
        var second = Assert.Single(await LeaseAsync(10));
        Assert.Equal((1, 2), (first.Deliveries, second.Deliveries));

        var next = StageMessage.Of(_storage.Event(MessageId.New(_storage.Clock), []));
        Assert.False(await _storage.Queue.CompleteAsync(first, [next], []));
        Assert.Empty(await LeaseAsync(10)); // what the first holder wanted to send was not sent
        Assert.True(await _storage.Queue.CompleteAsync(second, [next], []));
        Assert.Single(await LeaseAsync(10));
    }

    [Fact]
    public async Task What_a_process_held_when_it_ended_is_due_again_in_the_next_and_still_counts()
    {
        using var temp = new TestDirectory();
        using (var first = new LocalStorage(temp))
        {
            await first.AcceptAsync([1]);
            Assert.Single(await first.Queue.LeaseAsync(StageQueue.Received, 10, Lease, default));
        }

        using var next = new LocalStorage(temp);
        Assert.Empty(await next.Queue.LeaseAsync(StageQueue.Received, 10, Lease, default));
        Assert.Equal(1, await next.Queue.ReleaseAllAsync());
        Assert.Equal(2, Assert.Single(await next.Queue.LeaseAsync(StageQueue.Received, 10, Lease, default)).Deliveries);
    }

    [Fact]
    public async Task A_released_message_waits_until_its_time()
    {
        await SendAsync(MessageId.New(_storage.Clock));
        await _storage.Queue.ReleaseAsync(Assert.Single(await LeaseAsync(10)), _storage.Clock.GetUtcNow().AddMinutes(1), counts: true);
        Assert.Empty(await LeaseAsync(10));
        _storage.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(await LeaseAsync(10));
    }

    [Fact]
    public async Task The_oldest_comes_first_and_no_more_than_asked_for()
    {
        var ids = new List<MessageId>();
        for (var n = 0; n < 5; n++)
        {
            ids.Add(MessageId.New(_storage.Clock));
            await SendAsync(ids[n]);
            _storage.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(_storage.Clock.GetUtcNow().AddSeconds(-5), await _storage.Queue.OldestDueAsync(StageQueue.Received, default));
        Assert.Equal(ids[..2].ToHashSet(), (await LeaseAsync(2)).Select(leased => leased.MessageId).ToHashSet());
        Assert.Equal(ids[2..].ToHashSet(), (await LeaseAsync(10)).Select(leased => leased.MessageId).ToHashSet());
    }

    [Fact]
    public async Task A_signal_raised_before_the_wait_is_not_lost()
    {
        await SendAsync(MessageId.New(_storage.Clock));
        await SendAsync(MessageId.New(_storage.Clock));
        await _storage.Queue.Signal(StageQueue.Received).WaitAsync(null, _storage.Clock, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_wait_ends_at_its_time_by_the_clock()
    {
        var wait = _storage.Queue.Signal(StageQueue.Inspected).WaitAsync(_storage.Clock.GetUtcNow().AddHours(1), _storage.Clock, TestContext.Current.CancellationToken);
        Assert.False(wait.IsCompleted);
        _storage.Clock.Advance(TimeSpan.FromHours(1));
        await wait;
    }

    private ValueTask SendAsync(MessageId id, int send = 0) => _storage.Queue.SendAsync([StageMessage.Of(_storage.Event(id, [], send))], default);

    private async Task<IReadOnlyList<Storage.LeasedMessage>> LeaseAsync(int most) => await _storage.Queue.LeaseAsync(StageQueue.Received, most, Lease, default);
}
