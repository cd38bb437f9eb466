using System.Collections.Immutable;
using Gateway.Testing.ServiceBus.Core;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Testing.ServiceBus.Tests.Core;

public sealed class MessageQueueTests : IDisposable
{
    private static readonly ImmutableDictionary<string, ReadOnlyMemory<byte>> NoChanges = ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty;

    private readonly FakeTimeProvider _clock = new();
    private readonly MessageQueue _deadLetters;
    private readonly MessageQueue _queue;
    private int _wakes;

    public MessageQueueTests()
    {
        var options = new QueueOptions { Name = "queue", MaxDeliveryCount = 2 };
        _deadLetters = new(QueueRules.OfDeadLetters(options), _clock, null);
        _queue = new(QueueRules.Of(options), _clock, _deadLetters) { Ready = () => _wakes++ };
    }

    public void Dispose()
    {
        _queue.Dispose();
        _deadLetters.Dispose();
    }

    [Fact]
    public void Messages_are_taken_in_the_order_of_their_numbers_also_after_they_were_given_back()
    {
        _queue.Send([Of("a"), Of("b"), Of("c")]);
        var (a, b) = (Take(), Take());

        _queue.Abandon(b.LockToken, NoChanges);
        _queue.Release(a.LockToken);

        Assert.Equal([1L, 2L, 3L], [Take().SequenceNumber, Take().SequenceNumber, Take().SequenceNumber]);
        Assert.False(_queue.TryTake(out _));
    }

    [Fact]
    public void A_release_does_not_count_and_an_abandon_does()
    {
        _queue.Send([Of("a")]);
        var first = Take();
        _queue.Release(first.LockToken);
        var second = Take();
        _queue.Abandon(second.LockToken, NoChanges);

        Assert.Equal((1, 1, 2), (first.DeliveryCount, second.DeliveryCount, Take().DeliveryCount));
    }

    [Fact]
    public void A_lock_that_runs_out_counts_and_at_the_limit_buries()
    {
        _queue.Send([Of("a")]);
        Take();
        _clock.Advance(TimeSpan.FromMinutes(5));
        var second = Take();
        _clock.Advance(TimeSpan.FromMinutes(5));

        Assert.False(_queue.TryTake(out _));
        Assert.False(_queue.Complete(second.LockToken));
        Assert.True(_deadLetters.TryTake(out var dead));
        Assert.Equal(("MaxDeliveryCountExceeded", "queue", 3), (dead.DeadLetter!.Reason, dead.DeadLetter.Source, dead.DeliveryCount));
    }

    [Fact]
    public void Renewing_is_for_all_or_none()
    {
        _queue.Send([Of("a"), Of("b")]);
        var (a, b) = (Take(), Take());
        _clock.Advance(TimeSpan.FromMinutes(4));

        Assert.Null(_queue.Renew([a.LockToken, Guid.NewGuid()]));
        Assert.Equal([_clock.GetUtcNow().AddMinutes(5)], _queue.Renew([a.LockToken]));
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.False(_queue.Complete(b.LockToken));
        Assert.True(_queue.Complete(a.LockToken));
    }

    [Fact]
    public void A_token_settles_once()
    {
        _queue.Send([Of("a")]);
        var token = Take().LockToken;

        Assert.True(_queue.Complete(token));
        Assert.False(_queue.Complete(token));
        Assert.False(_queue.Abandon(token, NoChanges));
        Assert.False(_queue.Release(token));
        Assert.False(_queue.Defer(token, NoChanges));
        Assert.False(_queue.DeadLetter(token, null, null, NoChanges));
        Assert.Empty(_queue.Peek(0, 10));
    }

    [Fact]
    public void The_timer_wakes_who_waits_for_a_schedule()
    {
        var now = _clock.GetUtcNow();
        _queue.Send([Of("late") with { ScheduledFor = now.AddDays(40) }, Of("early") with { ScheduledFor = now.AddDays(2) }, Of("past") with { ScheduledFor = now }]);
        var past = Take();
        Assert.Equal(3, past.SequenceNumber);
        _queue.Complete(past.LockToken);
        _wakes = 0;

        _clock.Advance(TimeSpan.FromDays(2) - TimeSpan.FromTicks(1));
        Assert.Equal(0, _wakes);
        _clock.Advance(TimeSpan.FromTicks(1));

        Assert.True(_wakes > 0);
        Assert.Contains(_queue.Peek(0, 10), message => message is { State: MessageState.Active, EnqueuedSequenceNumber: 2, SequenceNumber: 4 });
    }

    [Fact]
    public void The_life_of_a_message_is_its_own_or_the_queues_if_that_is_shorter()
    {
        _queue.Send([Of("short") with { TimeToLive = TimeSpan.FromMinutes(1) }, Of("long") with { TimeToLive = TimeSpan.FromDays(100) }, Of("endless") with { TimeToLive = TimeSpan.MaxValue }]);

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([2L, 3L], _queue.Peek(0, 10).Select(message => message.SequenceNumber));
        _clock.Advance(TimeSpan.FromDays(14));

        Assert.Empty(_queue.Peek(0, 10));
        Assert.Equal(3, _deadLetters.Peek(0, 10).Count);
        _clock.Advance(TimeSpan.FromDays(10_000));
        Assert.Equal(3, _deadLetters.Peek(0, 10).Count);
    }

    [Fact]
    public void A_message_in_hand_does_not_expire_until_it_is_given_back()
    {
        _queue.Send([Of("a") with { TimeToLive = TimeSpan.FromMinutes(1) }, Of("b") with { TimeToLive = TimeSpan.FromMinutes(1) }]);
        var (a, b) = (Take(), Take());

        _clock.Advance(TimeSpan.FromMinutes(2));

        Assert.True(_queue.Complete(a.LockToken));
        Assert.True(_queue.Abandon(b.LockToken, NoChanges));
        Assert.Empty(_queue.Peek(0, 10));
        Assert.Equal("TTLExpiredException", Assert.Single(_deadLetters.Peek(0, 10)).DeadLetter!.Reason);
    }

    [Fact]
    public void Deferred_messages_are_fetched_all_or_none()
    {
        _queue.Send([Of("a"), Of("b"), Of("c")]);
        _queue.Defer(Take().LockToken, NoChanges);
        _queue.Defer(Take().LockToken, NoChanges);

        Assert.False(_queue.TryTakeDeferred([1, 3], out _));
        Assert.False(_queue.TryTakeDeferred([1, 1], out _));
        Assert.True(_queue.TryTakeDeferred([2, 1], out var both));
        Assert.Equal([2L, 1L], both.Select(message => message.SequenceNumber));
        Assert.False(_queue.TryTakeDeferred([1], out _));
        _clock.Advance(TimeSpan.FromMinutes(5));

        // Two deliveries each: the lock that ran out was their last one.
        Assert.Equal(2, _deadLetters.Peek(0, 10).Count);
    }

    [Fact]
    public void To_defer_the_last_delivery_is_no_failure()
    {
        _queue.Send([Of("a")]);
        _queue.Abandon(Take().LockToken, NoChanges);

        _queue.Defer(Take().LockToken, NoChanges);

        Assert.Equal(MessageState.Deferred, Assert.Single(_queue.Peek(0, 10)).State);
        Assert.Empty(_deadLetters.Peek(0, 10));
    }

    [Fact]
    public void Schedules_are_cancelled_all_or_none()
    {
        var later = _clock.GetUtcNow().AddHours(1);
        _queue.Send([Of("a") with { ScheduledFor = later }, Of("b")]);

        Assert.False(_queue.Cancel([1, 2]));
        Assert.False(_queue.Cancel([1, 9]));
        Assert.True(_queue.Cancel([1, 1]));
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal([2L], _queue.Peek(0, 10).Select(message => message.SequenceNumber));
    }

    [Fact]
    public void A_dead_letter_has_a_number_of_its_new_place_and_waits_for_ever()
    {
        _queue.Send([Of("a"), Of("b")]);
        Take();
        _queue.DeadLetter(Take().LockToken, "reason", "description", NoChanges.Add("key", new byte[] { 0x40 }));

        for (var time = 0; time < 5; time++)
        {
            Assert.True(_deadLetters.TryTake(out var dead));
            Assert.Equal((1L, 2L), (dead.SequenceNumber, dead.EnqueuedSequenceNumber));
            Assert.True(_deadLetters.DeadLetter(dead.LockToken, "again", null, NoChanges));
        }

        Assert.True(Assert.Single(_deadLetters.Peek(0, 10)).Changes.ContainsKey("key"));
    }

    [Fact]
    public void A_hundred_thousand_messages_in_disorder_all_come_out_in_order()
    {
        const int Count = 100_000;
        var random = new Random(1);
        var later = _clock.GetUtcNow();
        _queue.Send([.. Enumerable.Range(0, Count).Select(index => Of($"{index}") with { ScheduledFor = later.AddSeconds(random.Next(1, 100)) })]);
        _clock.Advance(TimeSpan.FromSeconds(100));
        var taken = Enumerable.Range(0, Count).Select(_ => Take()).ToArray();
        Assert.All(taken.OrderBy(_ => random.Next()), message => _queue.Release(message.LockToken));

        var last = 0L;
        for (var index = 0; index < Count; index++)
        {
            var message = Take();
            Assert.True(message.SequenceNumber > last);
            last = message.SequenceNumber;
            Assert.True(_queue.Complete(message.LockToken));
        }

        Assert.Empty(_queue.Peek(0, 1));
    }

    private MessageView Take()
    {
        Assert.True(_queue.TryTake(out var message));
        return message;
    }

    private static Draft Of(string id) => new(Array.Empty<byte>(), id);
}
