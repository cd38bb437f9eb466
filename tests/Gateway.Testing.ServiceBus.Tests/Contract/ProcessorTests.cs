using System.Collections.Concurrent;
using Azure.Messaging.ServiceBus;

namespace Gateway.Testing.ServiceBus.Tests.Contract;

public sealed class ProcessorTests
{
    [Fact]
    public async Task Five_hundred_messages_go_once_through_eight_handlers()
    {
        await using var bus = await Bus.OpenAsync();
        var sent = Enumerable.Range(0, 500).Select(_ => Bus.NewMessage()).ToArray();
        await bus.SendAsync(sent);
        var handled = new ConcurrentBag<string>();
        var done = new TaskCompletionSource();
        await using var processor = bus.Client.CreateProcessor(Bus.Queue, new ServiceBusProcessorOptions { MaxConcurrentCalls = 8, PrefetchCount = 50 });
        processor.ProcessErrorAsync += error => Task.FromResult(done.TrySetException(error.Exception));
        processor.ProcessMessageAsync += async args =>
        {
            await args.CompleteMessageAsync(args.Message, args.CancellationToken);
            handled.Add(args.Message.MessageId);
            if (handled.Count == sent.Length)
            {
                done.TrySetResult();
            }
        };

        await processor.StartProcessingAsync(Bus.Cancel);
        await done.Task.WaitAsync(Bus.Patience, Bus.Cancel);
        await processor.StopProcessingAsync(Bus.Cancel);

        Assert.Equal(sent.Select(message => message.MessageId).Order(StringComparer.Ordinal), handled.Order(StringComparer.Ordinal));
        await using var receiver = bus.Receiver();
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task A_handler_that_throws_gets_the_message_again()
    {
        await using var bus = await Bus.OpenAsync();
        await bus.SendAsync(Bus.NewMessage());
        var counts = new List<int>();
        var done = new TaskCompletionSource();
        await using var processor = bus.Client.CreateProcessor(Bus.Queue, new ServiceBusProcessorOptions { MaxConcurrentCalls = 1 });
        processor.ProcessErrorAsync += _ => Task.CompletedTask;
        processor.ProcessMessageAsync += args =>
        {
            counts.Add(args.Message.DeliveryCount);
            if (args.Message.DeliveryCount < 3)
            {
                throw new InvalidOperationException("Not yet");
            }

            done.TrySetResult();
            return Task.CompletedTask;
        };

        await processor.StartProcessingAsync(Bus.Cancel);
        await done.Task.WaitAsync(Bus.Patience, Bus.Cancel);
        await processor.StopProcessingAsync(Bus.Cancel);

        Assert.Equal([1, 2, 3], counts);
        await using var receiver = bus.Receiver();
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task The_lock_of_a_slow_handler_is_renewed()
    {
        // The client renews by the real clock, so this lock is short in real time.
        await using var bus = await Bus.OpenBrokerAsync(new() { Queues = [new() { Name = Bus.Queue, LockDuration = TimeSpan.FromSeconds(2) }] });
        await bus.SendAsync(Bus.NewMessage());
        var done = new TaskCompletionSource<int>();
        await using var processor = bus.Client.CreateProcessor(Bus.Queue, new ServiceBusProcessorOptions { MaxConcurrentCalls = 1, AutoCompleteMessages = false });
        processor.ProcessErrorAsync += error => Task.FromResult(done.TrySetException(error.Exception));
        processor.ProcessMessageAsync += async args =>
        {
            var first = args.Message.LockedUntil;
            while (DateTimeOffset.UtcNow <= first)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), args.CancellationToken);
            }

            await args.CompleteMessageAsync(args.Message, args.CancellationToken);
            done.TrySetResult(args.Message.DeliveryCount);
        };

        await processor.StartProcessingAsync(Bus.Cancel);
        var count = await done.Task.WaitAsync(Bus.Patience, Bus.Cancel);
        await processor.StopProcessingAsync(Bus.Cancel);

        Assert.Equal(1, count);
        await using var receiver = bus.Receiver();
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task A_receiver_that_closes_gives_back_what_it_prefetched_and_did_not_look_at()
    {
        await using var bus = await Bus.OpenAsync();
        await bus.SendAsync([.. Enumerable.Range(0, 20).Select(_ => Bus.NewMessage())]);
        await using var prefetching = bus.Receiver(prefetch: 20);
        var first = await Bus.NextAsync(prefetching);

        // What is on the wire when the receiver closes is lost to it until the lock expires, here as in the service: answers to these
        // requests come on the same connection behind the messages.
        for (var time = 0; time < 5; time++)
        {
            await prefetching.PeekMessageAsync(0, Bus.Cancel);
        }

        await prefetching.CompleteMessageAsync(first, Bus.Cancel);
        await prefetching.CloseAsync(Bus.Cancel);
        await using var receiver = bus.Receiver();
        var rest = await Bus.CompleteAsync(receiver, 19);

        Assert.All(rest, message => Assert.Equal(1, message.DeliveryCount));
        Assert.DoesNotContain(first.MessageId, rest.Select(message => message.MessageId));
        await Bus.AssertEmptyAsync(receiver);
    }

    [Fact]
    public async Task Peeking_changes_nothing_and_goes_on_where_it_stopped()
    {
        await using var bus = await Bus.OpenAsync();
        await bus.SendAsync([.. Enumerable.Range(0, 5).Select(_ => Bus.NewMessage())]);
        await using var receiver = bus.Receiver();

        var one = await receiver.PeekMessagesAsync(2, 0, Bus.Cancel);
        var two = await receiver.PeekMessagesAsync(10, null, Bus.Cancel);
        var none = await receiver.PeekMessagesAsync(10, null, Bus.Cancel);
        var got = await Bus.CompleteAsync(receiver, 5);

        Assert.Equal((2, 3, 0), (one.Count, two.Count, none.Count));
        Assert.Equal(one.Concat(two).Select(message => message.MessageId), got.Select(message => message.MessageId));
        Assert.All(one, message => Assert.Equal(0, message.DeliveryCount));
        Assert.All(got, message => Assert.Equal(1, message.DeliveryCount));
    }

    [Fact]
    public async Task A_wait_for_nothing_ends_and_the_receiver_goes_on()
    {
        await using var bus = await Bus.OpenAsync();
        await using var receiver = bus.Receiver();

        Assert.Null(await receiver.ReceiveMessageAsync(TimeSpan.FromMilliseconds(200), Bus.Cancel));
        await bus.SendAsync(Bus.NewMessage());

        Assert.Single(await Bus.CompleteAsync(receiver, 1));
    }
}
