using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Testing.ServiceBus.Tests.Contract;

public sealed class DuplicateTests
{
    [Fact]
    public async Task A_repeated_send_is_taken_and_dropped()
    {
        await using var bus = await Bus.OpenAsync();
        var id = Guid.NewGuid().ToString("N");
        await bus.SendAsync(new ServiceBusMessage("first") { MessageId = id });
        await bus.SendAsync(new ServiceBusMessage("second") { MessageId = id });
        await using var receiver = bus.Receiver();

        var got = Assert.Single(await Bus.CompleteAsync(receiver, 1));

        Assert.Equal("first", got.Body.ToString());
        await bus.SendAsync(new ServiceBusMessage("third, after the first was completed") { MessageId = id });
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task Of_two_alike_in_a_batch_one_is_kept()
    {
        await using var bus = await Bus.OpenAsync();
        var id = Guid.NewGuid().ToString("N");
        await bus.SendAsync(
            new ServiceBusMessage("a") { MessageId = id },
            new ServiceBusMessage("b") { MessageId = Guid.NewGuid().ToString("N") },
            new ServiceBusMessage("c") { MessageId = id });
        await using var receiver = bus.Receiver();

        var got = await Bus.CompleteAsync(receiver, 2);

        Assert.Equal(["a", "b"], got.Select(message => message.Body.ToString()).Order(StringComparer.Ordinal));
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task Another_queue_knows_nothing_of_the_first_ones_ids()
    {
        await using var bus = await Bus.OpenAsync();
        var id = Guid.NewGuid().ToString("N");
        await bus.SendAsync(new ServiceBusMessage("one") { MessageId = id });
        await using var sender = bus.Client.CreateSender(Bus.OtherQueue);
        await sender.SendMessageAsync(new("other") { MessageId = id }, Bus.Cancel);
        await using var receiver = bus.Receiver();
        await using var other = bus.Receiver(Bus.OtherQueue);

        await Bus.CompleteAsync(receiver, 1);
        var got = Assert.Single(await Bus.CompleteAsync(other, 1));

        Assert.Equal("other", got.Body.ToString());
    }

    [Fact]
    public async Task A_scheduled_message_is_known_from_the_moment_it_is_scheduled()
    {
        await using var bus = await Bus.OpenAsync();
        var id = Guid.NewGuid().ToString("N");
        await using var sender = bus.Client.CreateSender(Bus.Queue);
        var number = await sender.ScheduleMessageAsync(new("later") { MessageId = id }, DateTimeOffset.UtcNow.AddHours(1), Bus.Cancel);

        await sender.SendMessageAsync(new("now") { MessageId = id }, Bus.Cancel);

        await using var receiver = bus.Receiver();
        var only = Assert.Single(await receiver.PeekMessagesAsync(10, 0, Bus.Cancel));
        Assert.Equal((number, ServiceBusMessageState.Scheduled), (only.SequenceNumber, only.State));
        await sender.CancelScheduledMessageAsync(number, Bus.Cancel);
    }

    [Fact]
    public async Task An_id_is_forgotten_after_the_window()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var bus = await Bus.OpenBrokerAsync(new() { Clock = clock });
        await using var receiver = bus.Receiver();
        await bus.SendAsync(new ServiceBusMessage("first") { MessageId = "id" });
        await Bus.CompleteAsync(receiver, 1);

        clock.Advance(TimeSpan.FromMinutes(59));
        await bus.SendAsync(new ServiceBusMessage("within") { MessageId = "id" });
        await Bus.AssertEmptyAsync(receiver);
        clock.Advance(TimeSpan.FromMinutes(1));
        await bus.SendAsync(new ServiceBusMessage("after") { MessageId = "id" });

        Assert.Equal("after", Assert.Single(await Bus.CompleteAsync(receiver, 1)).Body.ToString());
    }

    [Fact]
    public async Task A_queue_without_detection_takes_the_same_id_again()
    {
        await using var bus = await Bus.OpenBrokerAsync(new() { Queues = [new() { Name = Bus.Queue, RequiresDuplicateDetection = false }] });
        await bus.SendAsync(new ServiceBusMessage("first") { MessageId = "id" }, new ServiceBusMessage("second") { MessageId = "id" });
        await using var receiver = bus.Receiver();

        Assert.Equal(2, (await Bus.CompleteAsync(receiver, 2)).Count);
    }
}
