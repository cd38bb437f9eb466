using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Testing.ServiceBus.Tests.Contract;

/// <summary>Schedules, locks and lives, by the real clock where a second will do and by one that the test moves elsewhere.</summary>
public sealed class TimeTests
{
    [Fact]
    public async Task A_message_scheduled_by_property_comes_when_it_is_due()
    {
        await using var bus = await Bus.OpenAsync();
        var due = DateTimeOffset.UtcNow.AddSeconds(1);
        var sent = Bus.NewMessage();
        sent.ScheduledEnqueueTime = due;
        await bus.SendAsync(sent);
        await using var receiver = bus.Receiver();

        var got = await Bus.NextAsync(receiver);
        await receiver.CompleteMessageAsync(got, Bus.Cancel);

        Assert.Equal(sent.MessageId, got.MessageId);
        Assert.True(got.EnqueuedTime > due.AddSeconds(-1), "The client cuts times to milliseconds, the service's clock may differ a little");
    }

    [Fact]
    public async Task A_schedule_is_cancelled_once()
    {
        await using var bus = await Bus.OpenAsync();
        await using var sender = bus.Client.CreateSender(Bus.Queue);
        await using var receiver = bus.Receiver();
        var numbers = await sender.ScheduleMessagesAsync([Bus.NewMessage(), Bus.NewMessage()], DateTimeOffset.UtcNow.AddHours(1), Bus.Cancel);
        var peeked = await receiver.PeekMessagesAsync(10, 0, Bus.Cancel);
        Assert.Equal(numbers.Order(), peeked.Select(message => message.SequenceNumber));
        Assert.All(peeked, message => Assert.Equal(ServiceBusMessageState.Scheduled, message.State));

        await sender.CancelScheduledMessagesAsync(numbers, Bus.Cancel);

        await Bus.AssertEmptyAsync(receiver);
        var error = await Assert.ThrowsAsync<ServiceBusException>(() => sender.CancelScheduledMessageAsync(numbers[0], Bus.Cancel));
        Assert.Equal(ServiceBusFailureReason.MessageNotFound, error.Reason);
    }

    [Fact]
    public async Task A_message_that_outlives_its_time_becomes_a_dead_letter()
    {
        await using var bus = await Bus.OpenAsync();
        var sent = Bus.NewMessage();
        sent.TimeToLive = TimeSpan.FromSeconds(1);
        await bus.SendAsync(sent);
        await using var deadLetters = bus.Receiver(subQueue: SubQueue.DeadLetter);

        var dead = await Bus.NextAsync(deadLetters);
        await deadLetters.CompleteMessageAsync(dead, Bus.Cancel);

        Assert.Equal((sent.MessageId, "TTLExpiredException"), (dead.MessageId, dead.DeadLetterReason));
    }

    [Fact]
    public async Task Time_that_is_put_forward_ends_waits_and_no_locks()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        var (held, waits) = (Bus.NewMessage(), Bus.NewMessage());
        waits.ScheduledEnqueueTime = DateTimeOffset.UtcNow.AddHours(20);
        await bus.SendAsync(held, waits);
        await using var receiver = bus.Receiver();
        var locked = await Bus.NextAsync(receiver);
        Assert.Equal(held.MessageId, locked.MessageId);
        var before = bus.Broker.CountsOf(Bus.Queue);
        Assert.Equal((0, 1, 1, false), (before.Active, before.Locked, before.Scheduled, before.IsIdle));

        bus.Broker.PutForward(before.NextDue!.Value - DateTimeOffset.UtcNow + TimeSpan.FromSeconds(1));

        Assert.Equal(waits.MessageId, (await Bus.NextAsync(receiver)).MessageId);
        await receiver.CompleteMessageAsync(locked, Bus.Cancel); // still ours
    }

    [Fact]
    public async Task Time_that_is_put_forward_ends_lives_and_the_memory_of_duplicates()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        var sent = Bus.NewMessage();
        await bus.SendAsync(sent);
        bus.Broker.PutForward(TimeSpan.FromMinutes(59));
        await bus.SendAsync(new ServiceBusMessage { MessageId = sent.MessageId });
        Assert.Equal(1, bus.Broker.CountsOf(Bus.Queue).Active); // a duplicate still
        bus.Broker.PutForward(TimeSpan.FromMinutes(2));
        await bus.SendAsync(new ServiceBusMessage { MessageId = sent.MessageId });
        Assert.Equal(2, bus.Broker.CountsOf(Bus.Queue).Active);
        bus.Broker.PutForward(TimeSpan.FromDays(14) - TimeSpan.FromMinutes(30));
        Assert.Equal((1, 1), (bus.Broker.CountsOf(Bus.Queue).Active, bus.Broker.CountsOf(Bus.Queue).DeadLetters)); // the first one is 14 days old
    }

    [Fact]
    public async Task A_schedule_far_away_comes_when_the_clock_gets_there()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var bus = await Bus.OpenBrokerAsync(new() { Clock = clock });
        await using var receiver = bus.Receiver();
        await using var sender = bus.Client.CreateSender(Bus.Queue);
        var number = await sender.ScheduleMessageAsync(Bus.NewMessage(), clock.GetUtcNow().AddDays(3), Bus.Cancel);
        var waiting = receiver.ReceiveMessageAsync(Bus.Patience, Bus.Cancel);

        clock.Advance(TimeSpan.FromDays(3));
        var got = await waiting;

        Assert.Equal(clock.GetUtcNow().ToUnixTimeMilliseconds(), got.EnqueuedTime.ToUnixTimeMilliseconds());
        Assert.Equal((ServiceBusMessageState.Active, number), (got.State, got.EnqueuedSequenceNumber));
        Assert.NotEqual(number, got.SequenceNumber);
    }

    [Fact]
    public async Task A_lock_that_runs_out_frees_the_message_for_who_waits()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var bus = await Bus.OpenBrokerAsync(new() { Clock = clock });
        await bus.SendAsync(Bus.NewMessage());
        await using var receiver = bus.Receiver();
        var first = await Bus.NextAsync(receiver);
        await using var other = bus.Receiver();
        var waiting = other.ReceiveMessageAsync(Bus.Patience, Bus.Cancel);

        clock.Advance(TimeSpan.FromMinutes(5));
        var second = await waiting;

        Assert.Equal((first.MessageId, 2), (second.MessageId, second.DeliveryCount));
        var error = await Assert.ThrowsAsync<ServiceBusException>(() => receiver.CompleteMessageAsync(first, Bus.Cancel));
        Assert.Equal(ServiceBusFailureReason.MessageLockLost, error.Reason);
        await other.CompleteMessageAsync(second, Bus.Cancel);
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task A_renewed_lock_outlasts_the_first_one()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var bus = await Bus.OpenBrokerAsync(new() { Clock = clock });
        await bus.SendAsync(Bus.NewMessage());
        await using var receiver = bus.Receiver();
        var message = await Bus.NextAsync(receiver);

        clock.Advance(TimeSpan.FromMinutes(4));
        await receiver.RenewMessageLockAsync(message, Bus.Cancel);
        clock.Advance(TimeSpan.FromMinutes(4));

        await receiver.CompleteMessageAsync(message, Bus.Cancel);
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task Where_expiry_makes_no_dead_letters_it_drops()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var bus = await Bus.OpenBrokerAsync(new()
        {
            Clock = clock,
            Queues = [new() { Name = Bus.Queue, DeadLetteringOnMessageExpiration = false, DefaultTimeToLive = TimeSpan.FromDays(1) }],
        });
        await bus.SendAsync(Bus.NewMessage());
        await using var receiver = bus.Receiver();
        await using var deadLetters = bus.Receiver(subQueue: SubQueue.DeadLetter);
        Assert.NotNull(await receiver.PeekMessageAsync(0, Bus.Cancel));

        clock.Advance(TimeSpan.FromDays(1));

        await Bus.AssertEmptyAsync(receiver);
        await Bus.AssertEmptyAsync(deadLetters);
    }
}
