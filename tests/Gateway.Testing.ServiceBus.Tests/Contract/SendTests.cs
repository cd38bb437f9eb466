using System.Globalization;
using Azure.Messaging.ServiceBus;

namespace Gateway.Testing.ServiceBus.Tests.Contract;

public sealed class SendTests
{
    [Fact]
    public async Task A_message_arrives_with_all_that_it_was_sent_with()
    {
        await using var bus = await Bus.OpenAsync();
        var sent = new ServiceBusMessage("body"u8.ToArray())
        {
            MessageId = Guid.NewGuid().ToString("N"),
            Subject = "subject",
            CorrelationId = "correlation",
            ContentType = "application/json",
            ReplyTo = "reply",
            To = "to",
            TimeToLive = TimeSpan.FromHours(3),
            ApplicationProperties = { ["text"] = "ä", ["number"] = 42, ["long"] = 1L << 40, ["flag"] = true, ["when"] = DateTimeOffset.UnixEpoch },
        };
        var before = DateTimeOffset.UtcNow;

        await bus.SendAsync(sent);
        await using var receiver = bus.Receiver();
        var got = await Bus.NextAsync(receiver);

        Assert.Equal("body", got.Body.ToString());
        Assert.Equal(
            (sent.MessageId, sent.Subject, sent.CorrelationId, sent.ContentType, sent.ReplyTo, sent.To, sent.TimeToLive),
            (got.MessageId, got.Subject, got.CorrelationId, got.ContentType, got.ReplyTo, got.To, got.TimeToLive));
        Assert.Equal(sent.ApplicationProperties, got.ApplicationProperties);
        Assert.Equal(1, got.DeliveryCount);
        Assert.True(got.SequenceNumber > 0);
        Assert.Equal(ServiceBusMessageState.Active, got.State);
        Assert.NotEqual(Guid.Empty, Guid.Parse(got.LockToken));
        Assert.InRange(got.EnqueuedTime, before.AddMinutes(-2), before.AddMinutes(2));
        Assert.InRange(got.LockedUntil, before.AddMinutes(3), before.AddMinutes(7));
        await receiver.CompleteMessageAsync(got, Bus.Cancel);
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task A_batch_arrives_whole_and_in_order()
    {
        await using var bus = await Bus.OpenAsync();
        await using var sender = bus.Client.CreateSender(Bus.Queue);
        using var batch = await sender.CreateMessageBatchAsync(Bus.Cancel);
        for (var index = 0; index < 200; index++)
        {
            Assert.True(batch.TryAddMessage(Bus.NewMessage(index.ToString(CultureInfo.InvariantCulture))));
        }

        await sender.SendMessagesAsync(batch, Bus.Cancel);
        await using var receiver = bus.Receiver();
        var got = await Bus.CompleteAsync(receiver, 200);

        Assert.Equal(Enumerable.Range(0, 200).Select(index => index.ToString(CultureInfo.InvariantCulture)), got.Select(message => message.Body.ToString()));
    }

    [Fact]
    public async Task A_message_of_many_frames_arrives_whole()
    {
        await using var bus = await Bus.OpenAsync();
        var body = new byte[200 * 1024];
        new Random(1).NextBytes(body);

        await bus.SendAsync(new ServiceBusMessage(body) { MessageId = Guid.NewGuid().ToString("N") });
        await using var receiver = bus.Receiver();
        var got = await Bus.NextAsync(receiver);
        await receiver.CompleteMessageAsync(got, Bus.Cancel);

        Assert.Equal(body, got.Body.ToArray());
    }

    [Fact]
    public async Task A_message_over_the_limit_is_refused()
    {
        await using var bus = await Bus.OpenAsync();
        await using var sender = bus.Client.CreateSender(Bus.Queue);

        var error = await Assert.ThrowsAsync<ServiceBusException>(() => sender.SendMessageAsync(new(new byte[2 * 1024 * 1024]), Bus.Cancel));

        Assert.Equal(ServiceBusFailureReason.MessageSizeExceeded, error.Reason);
    }

    [Fact]
    public async Task A_queue_that_does_not_exist_is_not_found()
    {
        await using var bus = await Bus.OpenAsync();
        await using var sender = bus.Client.CreateSender("no-such-queue");
        await using var receiver = bus.Receiver("no-such-queue");

        var sending = await Assert.ThrowsAsync<ServiceBusException>(() => sender.SendMessageAsync(Bus.NewMessage(), Bus.Cancel));
        var receiving = await Assert.ThrowsAsync<ServiceBusException>(() => receiver.ReceiveMessageAsync(Bus.Patience, Bus.Cancel));

        Assert.Equal(ServiceBusFailureReason.MessagingEntityNotFound, sending.Reason);
        Assert.Equal(ServiceBusFailureReason.MessagingEntityNotFound, receiving.Reason);
    }

    [Fact]
    public async Task A_dead_letter_subqueue_takes_no_messages()
    {
        await using var bus = await Bus.OpenAsync();
        await using var sender = bus.Client.CreateSender(Bus.Queue + "/$deadletterqueue");

        // The service and the emulator word it differently; that nothing can be sent there is what counts.
        await Assert.ThrowsAnyAsync<Exception>(() => sender.SendMessageAsync(Bus.NewMessage(), Bus.Cancel));

        await using var receiver = bus.Receiver(subQueue: SubQueue.DeadLetter);
        await Bus.AssertEmptyAsync(receiver);
    }
}
