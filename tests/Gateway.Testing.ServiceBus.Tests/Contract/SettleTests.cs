using Azure.Messaging.ServiceBus;

namespace Gateway.Testing.ServiceBus.Tests.Contract;

public sealed class SettleTests
{
    private static readonly Dictionary<string, object> Changes = new() { ["state"] = "tried", ["tries"] = 3 };

    [Fact]
    public async Task An_abandoned_message_comes_back_at_once_with_its_properties_changed()
    {
        await using var bus = await Bus.OpenAsync();
        var sent = Bus.NewMessage();
        sent.ApplicationProperties["state"] = "new";
        sent.ApplicationProperties["kept"] = "kept";
        await bus.SendAsync(sent);
        await using var receiver = bus.Receiver();

        var first = await Bus.NextAsync(receiver);
        await receiver.AbandonMessageAsync(first, Changes, Bus.Cancel);
        var second = await Bus.NextAsync(receiver);

        Assert.Equal((first.MessageId, 2, first.SequenceNumber), (second.MessageId, second.DeliveryCount, second.SequenceNumber));
        Assert.NotEqual(first.LockToken, second.LockToken);
        Assert.Equal(["tried", "kept", 3], [second.ApplicationProperties["state"], second.ApplicationProperties["kept"], second.ApplicationProperties["tries"]]);
        await receiver.CompleteMessageAsync(second, Bus.Cancel);
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task A_dead_letter_tells_why_and_keeps_the_rest()
    {
        await using var bus = await Bus.OpenAsync();
        var sent = Bus.NewMessage("poison");
        sent.ApplicationProperties["kept"] = "kept";
        await bus.SendAsync(sent);
        await using var receiver = bus.Receiver();
        await using var deadLetters = bus.Receiver(subQueue: SubQueue.DeadLetter);

        var message = await Bus.NextAsync(receiver);
        await receiver.DeadLetterMessageAsync(message, Changes, "BadEvent", "It has no id", Bus.Cancel);
        var dead = await Bus.NextAsync(deadLetters);

        Assert.Equal((sent.MessageId, "poison"), (dead.MessageId, dead.Body.ToString()));
        Assert.Equal(("BadEvent", "It has no id"), (dead.DeadLetterReason, dead.DeadLetterErrorDescription));
        Assert.Equal(["tried", "kept", 3], [dead.ApplicationProperties["state"], dead.ApplicationProperties["kept"], dead.ApplicationProperties["tries"]]);
        await deadLetters.CompleteMessageAsync(dead, Bus.Cancel);
        await Bus.AssertEmptyAsync(receiver);
        await Bus.AssertEmptyAsync(deadLetters);
    }

    [Fact]
    public async Task A_message_given_back_too_often_becomes_a_dead_letter()
    {
        await using var bus = await Bus.OpenAsync();
        await bus.SendAsync(Bus.NewMessage());
        await using var receiver = bus.Receiver();
        await using var deadLetters = bus.Receiver(subQueue: SubQueue.DeadLetter);

        for (var delivery = 1; delivery <= 10; delivery++)
        {
            var message = await Bus.NextAsync(receiver);
            Assert.Equal(delivery, message.DeliveryCount);
            await receiver.AbandonMessageAsync(message, null, Bus.Cancel);
        }

        var dead = await Bus.NextAsync(deadLetters);
        Assert.Equal("MaxDeliveryCountExceeded", dead.DeadLetterReason);
        await deadLetters.CompleteMessageAsync(dead, Bus.Cancel);
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task A_dead_letter_given_back_waits_in_the_same_place()
    {
        await using var bus = await Bus.OpenAsync();
        await bus.SendAsync(Bus.NewMessage());
        await using var receiver = bus.Receiver();
        await using var deadLetters = bus.Receiver(subQueue: SubQueue.DeadLetter);
        await receiver.DeadLetterMessageAsync(await Bus.NextAsync(receiver), "reason", null, Bus.Cancel);

        for (var time = 0; time < 12; time++)
        {
            await deadLetters.AbandonMessageAsync(await Bus.NextAsync(deadLetters), null, Bus.Cancel);
        }

        var dead = await Bus.NextAsync(deadLetters);
        Assert.Equal(("reason", null), (dead.DeadLetterReason, dead.DeadLetterErrorDescription));
        await deadLetters.CompleteMessageAsync(dead, Bus.Cancel);
    }

    [Fact]
    public async Task A_deferred_message_is_had_by_its_number_only()
    {
        await using var bus = await Bus.OpenAsync();
        await bus.SendAsync(Bus.NewMessage("aside"));
        await bus.SendAsync(Bus.NewMessage("next"));
        await using var receiver = bus.Receiver();

        var first = await Bus.NextAsync(receiver);
        await receiver.DeferMessageAsync(first, Changes, Bus.Cancel);
        var next = await Bus.NextAsync(receiver);
        await receiver.CompleteMessageAsync(next, Bus.Cancel);
        Assert.Equal("next", next.Body.ToString());
        var peeked = await receiver.PeekMessageAsync(0, Bus.Cancel);
        Assert.Equal(ServiceBusMessageState.Deferred, peeked.State);

        var deferred = await receiver.ReceiveDeferredMessageAsync(first.SequenceNumber, Bus.Cancel);
        Assert.Equal(("aside", ServiceBusMessageState.Deferred), (deferred.Body.ToString(), deferred.State));
        Assert.Equal("tried", deferred.ApplicationProperties["state"]);
        await receiver.CompleteMessageAsync(deferred, Bus.Cancel);
        await Bus.AssertEmptyAsync(receiver);

        var error = await Assert.ThrowsAsync<ServiceBusException>(() => receiver.ReceiveDeferredMessageAsync(first.SequenceNumber, Bus.Cancel));
        Assert.Equal(ServiceBusFailureReason.MessageNotFound, error.Reason);
    }

    [Fact]
    public async Task A_deferred_message_is_settled_by_request_in_every_way()
    {
        await using var bus = await Bus.OpenAsync();
        await bus.SendAsync(Bus.NewMessage());
        await using var receiver = bus.Receiver();
        await using var deadLetters = bus.Receiver(subQueue: SubQueue.DeadLetter);
        var number = (await DeferNextAsync(receiver)).SequenceNumber;

        // The receiver's link never delivered these locks, so the client settles them through $management.
        await receiver.AbandonMessageAsync(await receiver.ReceiveDeferredMessageAsync(number, Bus.Cancel), Changes, Bus.Cancel);
        var abandoned = await receiver.ReceiveDeferredMessageAsync(number, Bus.Cancel);
        Assert.Equal((3, "tried"), (abandoned.DeliveryCount, abandoned.ApplicationProperties["state"]));
        await receiver.DeferMessageAsync(abandoned, null, Bus.Cancel);
        await receiver.DeadLetterMessageAsync(await receiver.ReceiveDeferredMessageAsync(number, Bus.Cancel), "why", "because", Bus.Cancel);

        var dead = await Bus.NextAsync(deadLetters);
        Assert.Equal(("why", "because"), (dead.DeadLetterReason, dead.DeadLetterErrorDescription));
        await deadLetters.CompleteMessageAsync(dead, Bus.Cancel);
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task A_deferred_message_may_be_received_and_deleted_at_once()
    {
        await using var bus = await Bus.OpenAsync();
        await bus.SendAsync(Bus.NewMessage("aside"));
        await using var receiver = bus.Receiver();
        await using var deleting = bus.Receiver(mode: ServiceBusReceiveMode.ReceiveAndDelete);
        var number = (await DeferNextAsync(receiver)).SequenceNumber;

        var deferred = await deleting.ReceiveDeferredMessageAsync(number, Bus.Cancel);

        Assert.Equal("aside", deferred.Body.ToString());
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task Receive_and_delete_leaves_nothing()
    {
        await using var bus = await Bus.OpenAsync();
        await bus.SendAsync(Bus.NewMessage("one"), Bus.NewMessage("two"));
        await using var receiver = bus.Receiver(mode: ServiceBusReceiveMode.ReceiveAndDelete);

        var one = await Bus.NextAsync(receiver);
        var two = await Bus.NextAsync(receiver);

        Assert.Equal(("one", "two"), (one.Body.ToString(), two.Body.ToString()));
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task A_message_settled_twice_has_lost_its_lock()
    {
        await using var bus = await Bus.OpenAsync();
        await bus.SendAsync(Bus.NewMessage());
        await using var receiver = bus.Receiver();
        var message = await Bus.NextAsync(receiver);
        await receiver.CompleteMessageAsync(message, Bus.Cancel);

        var error = await Assert.ThrowsAsync<ServiceBusException>(() => receiver.CompleteMessageAsync(message, Bus.Cancel));

        Assert.Equal(ServiceBusFailureReason.MessageLockLost, error.Reason);
    }

    [Fact]
    public async Task Another_receiver_settles_by_the_token()
    {
        await using var bus = await Bus.OpenAsync();
        await bus.SendAsync(Bus.NewMessage());
        await using var first = bus.Receiver();
        var message = await Bus.NextAsync(first);
        await first.CloseAsync(Bus.Cancel);
        await using var second = bus.Receiver();

        await second.CompleteMessageAsync(message, Bus.Cancel);

        await Bus.AssertEmptyAsync(second);
    }

    [Fact]
    public async Task A_renewed_lock_lasts_longer()
    {
        await using var bus = await Bus.OpenAsync();
        await bus.SendAsync(Bus.NewMessage());
        await using var receiver = bus.Receiver();
        var message = await Bus.NextAsync(receiver);
        var before = message.LockedUntil;

        await receiver.RenewMessageLockAsync(message, Bus.Cancel);

        Assert.True(message.LockedUntil >= before);
        await receiver.CompleteMessageAsync(message, Bus.Cancel);
        var error = await Assert.ThrowsAsync<ServiceBusException>(() => receiver.RenewMessageLockAsync(message, Bus.Cancel));
        Assert.Equal(ServiceBusFailureReason.MessageLockLost, error.Reason);
    }

    private static async Task<ServiceBusReceivedMessage> DeferNextAsync(ServiceBusReceiver receiver)
    {
        var message = await Bus.NextAsync(receiver);
        await receiver.DeferMessageAsync(message, null, Bus.Cancel);
        return message;
    }
}
