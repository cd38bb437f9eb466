using Azure.Messaging.ServiceBus;
using Gateway.Azure.Bus;

namespace Gateway.Azure.Tests.Bus;

public sealed class EventSenderTests
{
    private const string Transfers = "gateway.azure.bus.transfer.events";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_arrives_as_it_is_with_what_a_receiver_needs_to_know()
    {
        await using var bench = await BusBench.StartAsync();
        var due = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var (now, later) = (Samples.Message(), Samples.Message(due: due));
        await bench.Events.SendAsync(now, Cancel);
        await bench.Events.SendAsync(later, Cancel);
        var queued = await bench.QueuedAsync();
        Assert.Equal([now.Id, later.Id], queued.Select(message => message.MessageId));
        Assert.Equal(now.Body.ToArray(), queued[0].Body.ToArray());
        Assert.Equal("application/json", queued[0].ContentType);
        Assert.Equal("received", queued[0].Subject);
        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", queued[0].ApplicationProperties["traceparent"]);
        Assert.Equal(queued[0].ApplicationProperties["traceparent"], queued[0].ApplicationProperties["Diagnostic-Id"]);
        Assert.Equal(ServiceBusMessageState.Active, queued[0].State);
        Assert.Equal(due, queued[1].ScheduledEnqueueTime);
        Assert.Equal(ServiceBusMessageState.Scheduled, queued[1].State);
    }

    [Fact]
    public async Task Events_of_many_sessions_share_a_transfer_while_others_are_under_way()
    {
        await using var busy = await BusyTransfers.StartAsync();
        var messages = Enumerable.Range(0, 100).Select(_ => Samples.Message()).ToList();
        var sends = messages.Select(message => busy.Bench.Events.SendAsync(message, Cancel)).ToList();
        await busy.ReleaseAsync();
        await Task.WhenAll(sends);
        Assert.Equal([1, 1, 1, 1, 100], busy.Bench.Meters.Of(Transfers).Order());
        Assert.Superset(messages.Select(message => message.Id).ToHashSet(), (await busy.Bench.QueuedAsync()).Select(message => message.MessageId).ToHashSet());
    }

    [Fact]
    public async Task What_does_not_fit_into_one_transfer_goes_in_the_next()
    {
        await using var bench = await BusBench.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => bench.Events.SendAsync(Samples.Message(padding: 60_000), Cancel)));
        Assert.Equal(50, (await bench.QueuedAsync()).Count);
        Assert.InRange(bench.Meters.Of(Transfers).Max(), 2, 4); // of 256 KiB
    }

    [Fact]
    public async Task A_failed_transfer_is_sent_again_one_by_one_and_what_had_been_accepted_stays_once()
    {
        await using var busy = await BusyTransfers.StartAsync(retries: 1);
        var sends = Enumerable.Range(0, 20).Select(_ => busy.Bench.Events.SendAsync(Samples.Message(), Cancel)).ToList();
        await busy.FailTransferAsync(20, () => busy.Bench.Broker.Faults.LoseAnswers(1));
        await Task.WhenAll(sends);
        Assert.Equal(Enumerable.Repeat(1.0, 24), busy.Bench.Meters.Of(Transfers));
        Assert.Equal(24, (await busy.Bench.QueuedAsync()).Count);
    }

    [Fact]
    public async Task After_a_failed_transfer_each_event_has_an_outcome_of_its_own()
    {
        await using var busy = await BusyTransfers.StartAsync(retries: 1);
        var sends = Enumerable.Range(0, 20).Select(_ => busy.Bench.Events.SendAsync(Samples.Message(), Cancel)).ToList();
        await busy.FailTransferAsync(20, () =>
        {
            busy.Bench.Broker.Faults.CutConnections(1); // hits the transfer's second try
            busy.Bench.Broker.Faults.AnswerQuotaExceeded(1); // hits the first of those that are sent after it
        });
        await Task.WhenAny(Task.WhenAll(sends));
        var failed = Assert.Single(sends, send => send.IsFaulted);
        Assert.Equal(EventFault.Unavailable, (await Assert.ThrowsAsync<EventException>(() => failed)).Fault);
        Assert.Equal(24, (await busy.Bench.QueuedAsync()).Count); // stored by the first try, whose answer was lost
    }

    [Fact]
    public async Task A_connection_that_is_cut_in_mid_send_costs_nothing()
    {
        await using var bench = await BusBench.StartAsync();
        bench.Broker.Faults.CutConnections(1); // three in all: one transfer may meet each of them, and has four tries
        bench.Broker.Faults.LoseAnswers(2);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => bench.Events.SendAsync(Samples.Message(), Cancel)));
        Assert.Equal(30, (await bench.QueuedAsync()).Count);
    }

    [Fact]
    public async Task A_busy_bus_fails_all_who_wait_and_is_not_pressed_with_them_one_by_one()
    {
        await using var busy = await BusyTransfers.StartAsync();
        busy.Bench.Broker.Faults.AnswerServerBusy(1);
        var sends = Enumerable.Range(0, 20).Select(_ => busy.Bench.Events.SendAsync(Samples.Message(), Cancel)).ToList();
        await busy.ReleaseAsync();
        foreach (var send in sends)
        {
            var failure = await Assert.ThrowsAsync<EventException>(() => send);
            Assert.Equal(EventFault.Unavailable, failure.Fault);
            Assert.Equal(ServiceBusFailureReason.ServiceBusy, Assert.IsType<ServiceBusException>(failure.InnerException).Reason);
        }

        Assert.Equal(4, (await busy.Bench.QueuedAsync()).Count);
    }

    [Fact]
    public async Task An_event_that_the_queue_does_not_take_fails_alone()
    {
        await using var bench = await BusBench.StartAsync(queue: queue => queue with { MaxMessageOctets = 64 * 1024 });
        var sends = Enumerable.Range(0, 20).Select(n => bench.Events.SendAsync(Samples.Message(padding: n == 7 ? 100_000 : 0), Cancel)).ToList();
        foreach (var (n, send) in sends.Index())
        {
            if (n == 7)
            {
                Assert.Equal(EventFault.TooLarge, (await Assert.ThrowsAsync<EventException>(() => send)).Fault);
            }
            else
            {
                await send;
            }
        }

        Assert.Equal(19, (await bench.QueuedAsync()).Count);
    }

    [Fact]
    public async Task Who_gave_up_before_its_event_was_under_way_is_skipped()
    {
        await using var busy = await BusyTransfers.StartAsync();
        using var patience = new CancellationTokenSource();
        var given = Enumerable.Range(0, 10).Select(_ => busy.Bench.Events.SendAsync(Samples.Message(), patience.Token)).ToList();
        var kept = Samples.Message();
        var waits = busy.Bench.Events.SendAsync(kept, Cancel);
        await patience.CancelAsync();
        foreach (var send in given)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send);
        }

        await busy.ReleaseAsync();
        await waits;
        var queued = await busy.Bench.QueuedAsync();
        Assert.Equal(5, queued.Count);
        Assert.Equal(kept.Id, queued[^1].MessageId);
    }

    [Fact]
    public async Task A_wait_that_ends_while_the_event_is_under_way_ends_at_once()
    {
        using var patience = new CancellationTokenSource();
        await using var busy = await BusyTransfers.StartAsync(cancel: patience.Token);
        await patience.CancelAsync();
        foreach (var send in busy.Sends)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send);
        }

        Assert.Equal(4, (await busy.Bench.QueuedAsync()).Count); // accepted all the same
    }

    /// <summary>A connection that breaks in the middle of a receive may lock up whole, and must not take with it what mail is accepted by.</summary>
    [Fact]
    public async Task Nobody_receives_on_the_connection_that_events_are_sent_by()
    {
        await using var bench = await BusBench.StartAsync();
        await bench.Events.SendAsync(Samples.Message(), Cancel);
        Assert.Equal(1, bench.Broker.Faults.DropConnections());
        await using (var receiver = bench.Clients.Receiving.CreateReceiver(QueueNames.Received))
        {
            Assert.NotNull(await receiver.ReceiveMessageAsync(cancellationToken: Cancel));
            Assert.Equal(1, bench.Broker.Faults.DropConnections());
            await bench.Events.SendAsync(Samples.Message(), Cancel);
            Assert.NotNull(await receiver.ReceiveMessageAsync(cancellationToken: Cancel));
        }

        Assert.Equal(2, bench.Broker.Faults.DropConnections());
    }

    [Fact]
    public async Task What_waits_or_is_under_way_when_the_sender_closes_is_unavailable()
    {
        await using var busy = await BusyTransfers.StartAsync();
        var sends = Enumerable.Range(0, 10).Select(_ => busy.Bench.Events.SendAsync(Samples.Message(), Cancel)).ToList();
        await busy.Bench.Events.DisposeAsync();
        foreach (var send in sends.Concat(busy.Sends).Append(busy.Bench.Events.SendAsync(Samples.Message(), Cancel)))
        {
            Assert.Equal(EventFault.Unavailable, (await Assert.ThrowsAsync<EventException>(() => send)).Fault);
        }
    }

    /// <summary>As many transfers as there may be, each with one event, wait for their answers: what is sent now waits, and goes together.</summary>
    private sealed class BusyTransfers(BusBench bench) : IAsyncDisposable
    {
        public BusBench Bench => bench;

        public List<Task> Sends { get; } = [];

        public static async Task<BusyTransfers> StartAsync(int retries = 0, CancellationToken cancel = default)
        {
            var busy = new BusyTransfers(await BusBench.StartAsync(retries, clock: new(DateTimeOffset.UnixEpoch.AddYears(50))));
            busy.Bench.Broker.Faults.DelayAnswers(TimeSpan.FromMinutes(1));
            while (busy.Sends.Count < EventSender.MaxTransfers)
            {
                busy.Sends.Add(busy.Bench.Events.SendAsync(Samples.Message(), cancel));
                while ((await busy.Bench.QueuedAsync()).Count < busy.Sends.Count)
                {
                    await Task.Yield();
                }
            }

            return busy;
        }

        /// <summary>The answers come.</summary>
        public async Task ReleaseAsync()
        {
            Bench.Broker.Faults.DelayAnswers(TimeSpan.Zero);
            Bench.Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.WhenAll(Sends);
        }

        /// <summary>The answers come; of the next transfer, with so many events, the answer is lost, and its second try goes wrong as told.</summary>
        public async Task FailTransferAsync(int events, Action secondTry)
        {
            Bench.Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.WhenAll(Sends);
            while ((await Bench.QueuedAsync()).Count < Sends.Count + events)
            {
                await Task.Yield();
            }

            Bench.Broker.Faults.DelayAnswers(TimeSpan.Zero);
            secondTry();
            Bench.Broker.Faults.DropConnections();
        }

        public ValueTask DisposeAsync() => Bench.DisposeAsync();
    }
}
