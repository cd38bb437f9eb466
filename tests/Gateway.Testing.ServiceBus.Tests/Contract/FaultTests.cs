using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Testing.ServiceBus.Tests.Contract;

public sealed class FaultTests
{
    /// <summary>Without detection, so that a message stored twice is seen twice.</summary>
    private static readonly BrokerOptions TakesDuplicates = new()
    {
        Queues = [new() { Name = Bus.Queue, RequiresDuplicateDetection = false }, new() { Name = Bus.OtherQueue }],
    };

    [Fact]
    public async Task A_busy_server_stores_nothing()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        bus.Broker.Faults.AnswerServerBusy(2);

        // The client waits 10 s after a busy server: each try has a client of its own.
        Assert.Equal(ServiceBusFailureReason.ServiceBusy, await FailToSendAsync(bus));
        Assert.Equal(ServiceBusFailureReason.ServiceBusy, await FailToScheduleAsync(bus));
        await AssertStoredAsync(bus, 0);

        await bus.SendAsync(Bus.NewMessage());
        await AssertStoredAsync(bus, 1);
    }

    [Fact]
    public async Task A_full_queue_stores_nothing_until_it_is_told_otherwise()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        bus.Broker.Faults.AnswerQuotaExceeded(BrokerFaults.Always);
        for (var time = 0; time < 5; time++)
        {
            Assert.Equal(ServiceBusFailureReason.QuotaExceeded, await FailToSendAsync(bus));
        }

        Assert.Equal(ServiceBusFailureReason.QuotaExceeded, await FailToScheduleAsync(bus));
        bus.Broker.Faults.AnswerQuotaExceeded(0);

        await bus.SendAsync(Bus.NewMessage());
        await AssertStoredAsync(bus, 1);
    }

    [Fact]
    public async Task A_fault_of_one_queue_leaves_the_others_alone()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        bus.Broker.Faults.AnswerQuotaExceeded(BrokerFaults.Always, "RECEIVED");
        await using var other = bus.Client.CreateSender(Bus.OtherQueue);

        await other.SendMessageAsync(Bus.NewMessage(), Bus.Cancel);

        Assert.Equal(ServiceBusFailureReason.QuotaExceeded, await FailToSendAsync(bus));
        bus.Broker.Faults.Clear();
        await bus.SendAsync(Bus.NewMessage());
        Assert.Throws<ArgumentException>(() => bus.Broker.Faults.LoseAnswers(1, "no-such-queue"));
    }

    [Fact]
    public async Task A_lost_answer_leaves_the_message_stored_and_the_sender_in_doubt()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        bus.Broker.Faults.LoseAnswers(1);

        Assert.Equal(ServiceBusFailureReason.ServiceCommunicationProblem, await FailToSendAsync(bus));

        await AssertStoredAsync(bus, 1);
    }

    [Fact]
    public async Task A_send_repeated_after_a_lost_answer_is_a_duplicate()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        bus.Broker.Faults.LoseAnswers(2);

        await bus.SendAsync(Bus.NewMessage());

        await AssertStoredAsync(bus, 1);
    }

    [Fact]
    public async Task Without_detection_a_send_repeated_after_a_lost_answer_is_there_twice()
    {
        await using var bus = await Bus.OpenBrokerAsync(TakesDuplicates);
        bus.Broker.Faults.LoseAnswers(1);

        await bus.SendAsync(Bus.NewMessage());

        await AssertStoredAsync(bus, 2);
    }

    [Fact]
    public async Task The_answer_to_a_schedule_is_lost_too()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        bus.Broker.Faults.LoseAnswers(1);
        await using var sender = bus.Client.CreateSender(Bus.Queue);

        await sender.ScheduleMessageAsync(Bus.NewMessage(), DateTimeOffset.UtcNow.AddHours(1), Bus.Cancel);

        await AssertStoredAsync(bus, 1);
    }

    [Fact]
    public async Task A_connection_cut_in_mid_send_stores_nothing()
    {
        await using var bus = await Bus.OpenBrokerAsync(TakesDuplicates);
        bus.Broker.Faults.CutConnections(1);

        Assert.Equal(ServiceBusFailureReason.ServiceCommunicationProblem, await FailToSendAsync(bus));
        await AssertStoredAsync(bus, 0);

        bus.Broker.Faults.CutConnections(1);
        await bus.SendAsync(Bus.NewMessage());
        await AssertStoredAsync(bus, 1);
    }

    [Fact]
    public async Task A_slow_answer_comes_when_the_clock_says_so()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var bus = await Bus.OpenBrokerAsync(new() { Clock = clock });
        bus.Broker.Faults.DelayAnswers(TimeSpan.FromSeconds(30), Bus.Queue);
        await using var sender = bus.Client.CreateSender(Bus.Queue);
        await using var receiver = bus.Receiver();
        var sending = sender.SendMessageAsync(Bus.NewMessage(), Bus.Cancel);

        var stored = await Bus.NextAsync(receiver);

        // Answered on the same connection, and so after the send was taken.
        await receiver.RenewMessageLockAsync(stored, Bus.Cancel);
        Assert.False(sending.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(30));
        await sending.WaitAsync(Bus.Patience, Bus.Cancel);

        bus.Broker.Faults.DelayAnswers(TimeSpan.Zero, Bus.Queue);
        await bus.SendAsync(Bus.NewMessage());
    }

    [Fact]
    public async Task Locks_expire_when_they_are_told_to()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        await bus.SendAsync(Bus.NewMessage());
        await using var receiver = bus.Receiver();
        var first = await Bus.NextAsync(receiver);

        bus.Broker.Faults.ExpireLocks(Bus.OtherQueue);
        await receiver.RenewMessageLockAsync(first, Bus.Cancel);
        bus.Broker.Faults.ExpireLocks(Bus.Queue);

        var error = await Assert.ThrowsAsync<ServiceBusException>(() => receiver.CompleteMessageAsync(first, Bus.Cancel));
        Assert.Equal(ServiceBusFailureReason.MessageLockLost, error.Reason);
        var again = await Bus.NextAsync(receiver);
        Assert.Equal((first.MessageId, 2), (again.MessageId, again.DeliveryCount));
    }

    [Fact]
    public async Task Dropped_connections_are_made_again_and_locks_live_through_it()
    {
        await using var bus = await Bus.OpenBrokerAsync();
        await bus.SendAsync(Bus.NewMessage("one"), Bus.NewMessage("two"));
        await using var receiver = bus.Receiver();
        var one = await Bus.NextAsync(receiver);

        bus.Broker.Faults.DropConnections();

        await bus.CompleteElsewhereAsync(one);
        Assert.Equal("two", Assert.Single(await Bus.CompleteAsync(receiver, 1)).Body.ToString());
        await bus.SendAsync(Bus.NewMessage());
    }

    private static async Task<ServiceBusFailureReason> FailToSendAsync(Bus bus)
    {
        await using var client = bus.NewClient(tries: 0);
        await using var sender = client.CreateSender(Bus.Queue);
        var error = await Assert.ThrowsAsync<ServiceBusException>(() => sender.SendMessageAsync(Bus.NewMessage(), Bus.Cancel));
        return error.Reason;
    }

    private static async Task<ServiceBusFailureReason> FailToScheduleAsync(Bus bus)
    {
        await using var client = bus.NewClient(tries: 0);
        await using var sender = client.CreateSender(Bus.Queue);
        var error = await Assert.ThrowsAsync<ServiceBusException>(() =>
            sender.ScheduleMessageAsync(Bus.NewMessage(), DateTimeOffset.UtcNow.AddHours(1), Bus.Cancel));
        return error.Reason;
    }

    private static async Task AssertStoredAsync(Bus bus, int count)
    {
        await using var receiver = bus.Receiver();
        Assert.Equal(count, (await receiver.PeekMessagesAsync(10, 0, Bus.Cancel)).Count);
    }
}
