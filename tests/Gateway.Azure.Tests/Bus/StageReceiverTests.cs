using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Azure.Core.Amqp;
using Azure.Messaging.ServiceBus;
using Gateway.Azure.Bus;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Azure.Tests.Bus;

public sealed class StageReceiverTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Work_that_ends_completes_the_message()
    {
        await using var bench = await BusBench.StartAsync();
        var sent = Samples.Message();
        await bench.Queue.SendAsync([sent], Cancel);
        var got = Channel.CreateUnbounded<(byte[], int)>();
        await using var receiver = Receiver(bench, (delivery, _) =>
        {
            got.Writer.TryWrite((delivery.Body.ToArray(), delivery.DeliveryCount));
            return Task.CompletedTask;
        });
        await receiver.StartAsync(Cancel);
        var (body, deliveries) = await got.Reader.ReadAsync(Cancel);
        Assert.Equal(sent.Body.ToArray(), body);
        Assert.Equal(1, deliveries);
        await receiver.StopAsync(CancellationToken.None);
        Assert.Empty(await bench.QueuedAsync());
    }

    [Fact]
    public async Task A_message_that_holds_no_octets_is_given_to_the_work_whole()
    {
        await using var bench = await BusBench.StartAsync();
        await bench.Clients.Sender(StageQueue.Received).SendMessageAsync(new(new AmqpAnnotatedMessage(AmqpMessageBody.FromValue("from elsewhere"))), Cancel);
        var got = Channel.CreateUnbounded<byte[]>();
        await using var receiver = Receiver(bench, (delivery, _) =>
        {
            got.Writer.TryWrite(delivery.Body.ToArray());
            return Task.CompletedTask;
        });
        await receiver.StartAsync(Cancel);
        Assert.Contains("from elsewhere", Encoding.ASCII.GetString(await got.Reader.ReadAsync(Cancel)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_fails_keeps_the_message_locked_for_a_growing_pause()
    {
        await using var bench = await BusBench.StartAsync();
        await bench.Queue.SendAsync([Samples.Message()], Cancel);
        var clock = new RecordingClock();
        var calls = Channel.CreateUnbounded<int>();
        await using var receiver = Receiver(bench, (delivery, _) =>
        {
            calls.Writer.TryWrite(delivery.DeliveryCount);
            return delivery.DeliveryCount < 4 ? throw new InvalidOperationException("a mistake of ours") : Task.CompletedTask;
        }, clock);
        await receiver.StartAsync(Cancel);
        for (var deliveries = 1; deliveries < 4; deliveries++)
        {
            Assert.Equal(deliveries, await calls.Reader.ReadAsync(Cancel));
            var pause = await clock.Pauses.Reader.ReadAsync(Cancel);
            Assert.Equal(TimeSpan.FromSeconds(1 << (deliveries - 1)), pause);
            await using (var other = bench.Receiver())
            {
                Assert.Null(await other.ReceiveMessageAsync(TimeSpan.FromMilliseconds(1), Cancel)); // locked
            }

            clock.Advance(pause);
        }

        Assert.Equal(4, await calls.Reader.ReadAsync(Cancel));
        await receiver.StopAsync(CancellationToken.None);
        Assert.Empty(await bench.QueuedAsync());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(6, 32)]
    [InlineData(7, 60)]
    [InlineData(10, 60)]
    [InlineData(int.MaxValue, 60)]
    public void The_pause_doubles_up_to_a_minute(int deliveries, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), StageHandler.PauseAfter(deliveries));

    [Fact]
    public async Task A_stop_ends_pauses_and_gives_messages_back()
    {
        await using var bench = await BusBench.StartAsync();
        await bench.Queue.SendAsync([Samples.Message()], Cancel);
        var clock = new RecordingClock();
        await using var receiver = Receiver(bench, (_, _) => throw new InvalidOperationException("a mistake of ours"), clock);
        await receiver.StartAsync(Cancel);
        await clock.Pauses.Reader.ReadAsync(Cancel);
        await receiver.StopAsync(CancellationToken.None);
        await using var other = bench.Receiver();
        Assert.Equal(2, (await other.ReceiveMessageAsync(cancellationToken: Cancel)).DeliveryCount);
    }

    [Fact]
    public async Task A_stop_lets_work_end()
    {
        await using var bench = await BusBench.StartAsync();
        await bench.Queue.SendAsync([Samples.Message()], Cancel);
        var (began, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var receiver = Receiver(bench, async (_, cancel) =>
        {
            began.SetResult();
            await goOn.Task.WaitAsync(cancel);
        });
        await receiver.StartAsync(Cancel);
        await began.Task.WaitAsync(Cancel);
        var stop = receiver.StopAsync(CancellationToken.None);
        Assert.False(stop.IsCompleted);
        goOn.SetResult();
        await stop;
        Assert.Empty(await bench.QueuedAsync());
    }

    [Fact]
    public async Task A_hard_stop_cuts_work_whose_message_comes_again()
    {
        await using var bench = await BusBench.StartAsync();
        await bench.Queue.SendAsync([Samples.Message()], Cancel);
        var began = new TaskCompletionSource();
        await using var receiver = Receiver(bench, async (_, cancel) =>
        {
            began.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(cancel);
        });
        await receiver.StartAsync(Cancel);
        await began.Task.WaitAsync(Cancel);
        await receiver.StopAsync(new CancellationToken(canceled: true));
        await using var other = bench.Receiver();
        Assert.Equal(2, (await other.ReceiveMessageAsync(cancellationToken: Cancel)).DeliveryCount);
    }

    [Fact]
    public async Task A_lock_that_was_lost_is_no_error_and_the_message_is_handed_out_again()
    {
        await using var bench = await BusBench.StartAsync();
        await bench.Queue.SendAsync([Samples.Message()], Cancel);
        var calls = Channel.CreateUnbounded<int>();
        await using var receiver = Receiver(bench, (delivery, _) =>
        {
            calls.Writer.TryWrite(delivery.DeliveryCount);
            if (delivery.DeliveryCount == 1)
            {
                bench.Broker.Faults.ExpireLocks();
            }

            return Task.CompletedTask;
        });
        await receiver.StartAsync(Cancel);
        Assert.Equal(1, await calls.Reader.ReadAsync(Cancel));
        Assert.Equal(2, await calls.Reader.ReadAsync(Cancel));
        await receiver.StopAsync(CancellationToken.None);
        Assert.Empty(await bench.QueuedAsync());
    }

    [Fact]
    public async Task What_always_fails_ends_in_the_dead_letter_subqueue_which_can_be_received()
    {
        await using var bench = await BusBench.StartAsync(queue: queue => queue with { MaxDeliveryCount = 2 });
        var sent = Samples.Message();
        await bench.Queue.SendAsync([sent], Cancel);
        var clock = new RecordingClock();
        await using var receiver = Receiver(bench, (_, _) => throw new InvalidOperationException("a mistake of ours"), clock);
        await receiver.StartAsync(Cancel);
        clock.Advance(await clock.Pauses.Reader.ReadAsync(Cancel));
        clock.Advance(await clock.Pauses.Reader.ReadAsync(Cancel));

        var dead = new TaskCompletionSource<StageDelivery>();
        await using var watcher = new StageReceiver(bench.Clients, StageQueue.Received, true, new(), (delivery, _) =>
        {
            dead.TrySetResult(delivery);
            return Task.CompletedTask;
        }, clock, NullLogger<StageReceiver>.Instance);
        await watcher.StartAsync(Cancel);
        Assert.Equal(sent.Body.ToArray(), (await dead.Task.WaitAsync(Cancel)).Body.ToArray());
        Assert.Equal("MaxDeliveryCountExceeded", (await dead.Task).DeadLetterReason);
        await watcher.StopAsync(CancellationToken.None);
        Assert.Empty(await bench.QueuedAsync(subQueue: SubQueue.DeadLetter));
    }

    [Fact]
    public async Task What_fails_because_a_store_is_down_is_put_off_ever_longer_and_never_dead_lettered_for_it()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var bench = await BusBench.StartAsync(queue: queue => queue with { MaxDeliveryCount = 2 }, clock: clock);
        var sent = Samples.Message();
        await bench.Queue.SendAsync([sent], Cancel);
        var calls = Channel.CreateUnbounded<(byte[] Body, int Deliveries)>();
        var left = 6;
        await using var receiver = Receiver(bench, (delivery, _) =>
        {
            calls.Writer.TryWrite((delivery.Body.ToArray(), delivery.DeliveryCount));
            return left-- > 0 ? throw new IOException("no store", new System.Net.Sockets.SocketException()) : Task.CompletedTask;
        }, clock, new() { MaxLockRenewal = TimeSpan.Zero });
        await receiver.StartAsync(Cancel);
        foreach (var (index, seconds) in ((int[])[15, 30, 60, 120, 240, 300]).Index())
        {
            var (body, deliveries) = await calls.Reader.ReadAsync(Cancel);
            Assert.Equal(sent.Body.ToArray(), body);
            Assert.Equal(1, deliveries);
            var copy = await PutOffAsync(bench);
            Assert.Equal($"{sent.Id}~{index + 1}", copy.MessageId);
            Assert.Equal(clock.GetUtcNow().AddSeconds(seconds), copy.ScheduledEnqueueTime, TimeSpan.FromSeconds(1));
            clock.Advance(TimeSpan.FromSeconds(seconds + 1));
        }

        Assert.Equal(1, (await calls.Reader.ReadAsync(Cancel)).Deliveries);
        await receiver.StopAsync(CancellationToken.None);
        Assert.Empty(await bench.QueuedAsync());
        Assert.Empty(await bench.QueuedAsync(subQueue: SubQueue.DeadLetter));
    }

    [Fact]
    public async Task What_waits_for_a_configuration_is_put_off_and_not_counted()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var bench = await BusBench.StartAsync(queue: queue => queue with { MaxDeliveryCount = 1 }, clock: clock);
        await bench.Queue.SendAsync([Samples.Message()], Cancel);
        var live = new LiveConfiguration();
        var calls = Channel.CreateUnbounded<int>();
        await using var receiver = Receiver(bench, (delivery, cancel) =>
        {
            calls.Writer.TryWrite(delivery.DeliveryCount);
            _ = live.Required;
            return Task.CompletedTask;
        }, clock, new() { MaxLockRenewal = TimeSpan.Zero });
        await receiver.StartAsync(Cancel);
        Assert.Equal(1, await calls.Reader.ReadAsync(Cancel));
        await PutOffAsync(bench);
        live.Replace(new([], [], []));
        clock.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal(1, await calls.Reader.ReadAsync(Cancel));
        await receiver.StopAsync(CancellationToken.None);
        Assert.Empty(await bench.QueuedAsync());
        Assert.Empty(await bench.QueuedAsync(subQueue: SubQueue.DeadLetter));
    }

    [Fact]
    public async Task What_a_store_fails_on_for_three_days_is_a_dead_letter_and_says_why()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var bench = await BusBench.StartAsync(clock: clock);
        await bench.Queue.SendAsync([Samples.Message()], Cancel);
        await using var receiver = Receiver(bench, (_, _) => throw new IOException("no store", new System.Net.Sockets.SocketException()), clock, new() { MaxLockRenewal = TimeSpan.Zero });
        await receiver.StartAsync(Cancel);
        await PutOffAsync(bench);
        clock.Advance(Postponement.MaxAge + TimeSpan.FromSeconds(1));
        IReadOnlyList<ServiceBusReceivedMessage> dead;
        while ((dead = await bench.QueuedAsync(subQueue: SubQueue.DeadLetter)).Count == 0)
        {
            Cancel.ThrowIfCancellationRequested();
        }

        var letter = Assert.Single(dead);
        Assert.Equal(("Its surroundings failed for 3 days; the last time: unavailable", "Handed out 1 times"), (letter.DeadLetterReason, letter.DeadLetterErrorDescription));
    }

    [Fact]
    public async Task Days_in_which_nobody_received_an_event_are_not_days_of_failure()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var bench = await BusBench.StartAsync(clock: clock);
        await bench.Queue.SendAsync([Samples.Message()], Cancel);
        clock.Advance(Postponement.MaxAge + TimeSpan.FromDays(1));
        await using var receiver = Receiver(bench, (_, _) => throw new IOException("no store", new System.Net.Sockets.SocketException()), clock, new() { MaxLockRenewal = TimeSpan.Zero });
        await receiver.StartAsync(Cancel);
        await PutOffAsync(bench);
        Assert.Empty(await bench.QueuedAsync(subQueue: SubQueue.DeadLetter));
    }

    [Fact]
    public async Task Events_from_elsewhere_without_an_id_are_put_off_each_for_itself()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var bench = await BusBench.StartAsync(clock: clock);
        await bench.Clients.Sender(StageQueue.Received).SendMessagesAsync([new("one"), new("two"), new("three") { MessageId = new('x', 128) }], Cancel);
        await using var receiver = Receiver(bench, (_, _) => throw new IOException("no store", new System.Net.Sockets.SocketException()), clock, new() { MaxLockRenewal = TimeSpan.Zero });
        await receiver.StartAsync(Cancel);
        while (bench.Broker.CountsOf(QueueNames.Received) is not { Scheduled: 3, Active: 0, Locked: 0 })
        {
            Cancel.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task What_cannot_be_put_off_is_given_back()
    {
        await using var bench = await BusBench.StartAsync(retries: 0);
        await bench.Queue.SendAsync([Samples.Message()], Cancel);
        bench.Broker.Faults.AnswerQuotaExceeded(1);
        var clock = new RecordingClock();
        var calls = Channel.CreateUnbounded<int>();
        await using var receiver = Receiver(bench, (delivery, _) =>
        {
            calls.Writer.TryWrite(delivery.DeliveryCount);
            return delivery.DeliveryCount == 1 ? throw new IOException("no store", new System.Net.Sockets.SocketException()) : Task.CompletedTask;
        }, clock);
        await receiver.StartAsync(Cancel);
        Assert.Equal(1, await calls.Reader.ReadAsync(Cancel));
        var pause = await clock.Pauses.Reader.ReadAsync(Cancel);
        Assert.Equal(StageHandler.PauseUnsent(1), pause); // longer: the event is counted and is not to blame
        clock.Advance(pause);
        Assert.Equal(2, await calls.Reader.ReadAsync(Cancel));
    }

    [Fact]
    public async Task No_more_are_worked_on_at_a_time_than_told()
    {
        await using var bench = await BusBench.StartAsync();
        await bench.Queue.SendAsync([.. Enumerable.Range(0, 12).Select(_ => Samples.Message())], Cancel);
        var (now, most, done) = (0, new ConcurrentBag<int>(), new CountdownEvent(12));
        var gate = new TaskCompletionSource();
        await using var receiver = Receiver(bench, async (_, _) =>
        {
            most.Add(Interlocked.Increment(ref now));
            if (most.Count == 3)
            {
                gate.SetResult(); // all three are here at once
            }

            await gate.Task;
            Interlocked.Decrement(ref now);
            done.Signal();
        }, options: new() { MaxConcurrent = 3 });
        await receiver.StartAsync(Cancel);
        done.Wait(Cancel);
        await receiver.StopAsync(CancellationToken.None);
        Assert.Equal(3, most.Max());
    }

    [Fact]
    public void Options_say_all_that_is_wrong()
    {
        Assert.Empty(new StageReceiverOptions().Problems());
        Assert.Equal(2, new StageReceiverOptions { MaxConcurrent = 0, MaxLockRenewal = TimeSpan.Zero }.Problems().Count());
    }

    /// <summary>Waits until the one message is scheduled and the one that it took the place of is gone.</summary>
    private static async Task<ServiceBusReceivedMessage> PutOffAsync(BusBench bench)
    {
        while (true)
        {
            Cancel.ThrowIfCancellationRequested();
            if (await bench.QueuedAsync() is [{ State: ServiceBusMessageState.Scheduled } copy])
            {
                return copy;
            }
        }
    }

    private static StageReceiver Receiver(BusBench bench, StageWork work, TimeProvider? clock = null, StageReceiverOptions? options = null) =>
        new(bench.Clients, StageQueue.Received, false, options ?? new(), work, clock ?? TimeProvider.System, NullLogger<StageReceiver>.Instance);

    /// <summary>A clock that tests move and that tells which waits began.</summary>
    private sealed class RecordingClock : FakeTimeProvider
    {
        public Channel<TimeSpan> Pauses { get; } = Channel.CreateUnbounded<TimeSpan>();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime < StageHandler.WorkLimit)
            {
                Pauses.Writer.TryWrite(dueTime);
            }

            return timer;
        }
    }
}
