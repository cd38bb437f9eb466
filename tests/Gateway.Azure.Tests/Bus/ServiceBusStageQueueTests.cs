using Azure.Messaging.ServiceBus;
using Gateway.Azure.Bus;
using Gateway.Core.Events;

namespace Gateway.Azure.Tests.Bus;

public sealed class ServiceBusStageQueueTests
{
    private const string Transfers = "gateway.azure.bus.transfer.events";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task More_than_one_transfer_takes_goes_in_several()
    {
        await using var bench = await BusBench.StartAsync();
        var messages = Enumerable.Range(0, 10).Select(_ => Samples.Message(padding: 100_000)).ToList();
        await bench.Queue.SendAsync(messages, Cancel);
        Assert.Equal([2, 2, 2, 2, 2], bench.Meters.Of(Transfers));
        Assert.Equal(messages.Select(message => message.Id), (await bench.QueuedAsync()).Select(message => message.MessageId));
    }

    [Fact]
    public async Task An_event_that_the_queue_does_not_take_is_told_apart()
    {
        await using var bench = await BusBench.StartAsync(queue: queue => queue with { MaxMessageOctets = 64 * 1024 });
        var failure = await Assert.ThrowsAsync<EventException>(async () => await bench.Queue.SendAsync([Samples.Message(padding: 100_000)], Cancel));
        Assert.Equal(EventFault.TooLarge, failure.Fault);
    }

    [Fact]
    public async Task A_send_that_failed_half_way_can_be_repeated()
    {
        await using var bench = await BusBench.StartAsync(retries: 0);
        var messages = Enumerable.Range(0, 6).Select(_ => Samples.Message(padding: 100_000)).ToList();
        bench.Broker.Faults.LoseAnswers(1);
        var failure = await Assert.ThrowsAsync<EventException>(async () => await bench.Queue.SendAsync(messages, Cancel));
        Assert.Equal(EventFault.Unavailable, failure.Fault);
        Assert.IsType<ServiceBusException>(failure.InnerException);
        await bench.Queue.SendAsync(messages, Cancel);
        Assert.Equal(messages.Select(message => message.Id), (await bench.QueuedAsync()).Select(message => message.MessageId));
    }

    [Fact]
    public async Task A_queue_that_is_not_there_is_unavailable()
    {
        await using var bench = await BusBench.StartAsync(queue: queue => queue with { Name = queue.Name + "-other" });
        var failure = await Assert.ThrowsAsync<EventException>(async () => await bench.Queue.SendAsync([Samples.Message()], Cancel));
        Assert.Equal(ServiceBusFailureReason.MessagingEntityNotFound, Assert.IsType<ServiceBusException>(failure.InnerException).Reason);
    }

    [Fact]
    public async Task The_oldest_due_is_found_behind_those_that_are_not_due()
    {
        await using var bench = await BusBench.StartAsync();
        var later = Enumerable.Range(0, 250).Select(_ => Samples.Message(due: DateTimeOffset.MaxValue.AddYears(-1000))).ToList();
        await bench.Queue.SendAsync(later, Cancel);
        Assert.Null(await bench.Queue.OldestDueAsync(StageQueue.Received, Cancel));
        await bench.Queue.SendAsync([Samples.Message()], Cancel);
        var queued = await bench.QueuedAsync();
        Assert.Equal(queued.Single(message => message.State == ServiceBusMessageState.Active).EnqueuedTime, await bench.Queue.OldestDueAsync(StageQueue.Received, Cancel));
    }

    [Fact]
    public async Task The_look_for_the_oldest_ends_after_a_thousand()
    {
        await using var bench = await BusBench.StartAsync();
        await bench.Queue.SendAsync([.. Enumerable.Range(0, ServiceBusStageQueue.MaxPeeked).Select(_ => Samples.Message(due: DateTimeOffset.MaxValue.AddYears(-1000)))], Cancel);
        await bench.Queue.SendAsync([Samples.Message()], Cancel);
        Assert.Null(await bench.Queue.OldestDueAsync(StageQueue.Received, Cancel));
    }
}
