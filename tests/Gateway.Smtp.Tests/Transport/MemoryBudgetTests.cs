using System.Diagnostics.Metrics;
using Gateway.Core;
using Gateway.Smtp.Abuse;
using Gateway.Smtp.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Transport;

public sealed class MemoryBudgetTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void What_is_there_can_be_taken_to_the_last_octet_and_again_when_it_was_given_back()
    {
        var budget = new MemoryBudget(1_000);
        Assert.True(budget.TryTake(600));
        Assert.False(budget.TryTake(401));
        Assert.Equal(600, budget.HeldOctets);
        Assert.True(budget.TryTake(400));
        Assert.False(budget.TryTake(1));
        Assert.True(budget.TryTake(0));
        budget.Release(600);
        Assert.True(budget.TryTake(600));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(874, false)]
    [InlineData(875, true)]
    [InlineData(1_000, true)]
    public void It_is_tight_when_an_eighth_is_left(int taken, bool isTight)
    {
        var budget = new MemoryBudget(1_000);
        Assert.True(budget.TryTake(taken));
        Assert.Equal(isTight, budget.IsTight);
        budget.Release(taken);
        Assert.False(budget.IsTight);
    }

    [Fact]
    public void The_largest_amounts_do_not_overflow()
    {
        var budget = new MemoryBudget(long.MaxValue);
        Assert.All(Enumerable.Range(0, 100), _ => Assert.True(budget.TryTake(int.MaxValue)));
        Assert.Equal(100L * int.MaxValue, budget.HeldOctets);
    }

    [Fact]
    public async Task Many_threads_never_take_more_than_there_is_and_end_at_nothing()
    {
        var budget = new MemoryBudget(10 * 64);
        var (held, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () =>
            {
                for (var i = 0; i < 100_000; i++)
                {
                    if (budget.TryTake(64))
                    {
                        var now = Interlocked.Increment(ref held);
                        if (now > Volatile.Read(ref most))
                        {
                            Volatile.Write(ref most, now);
                        }

                        Interlocked.Decrement(ref held);
                        budget.Release(64);
                    }
                }
            },
            TestContext.Current.CancellationToken)));
        Assert.InRange(most, 1, 10);
        Assert.Equal(0, budget.HeldOctets);
    }

    [Fact]
    public async Task A_connection_holds_memory_while_input_is_unread_and_gives_it_back_for_the_next_wait()
    {
        var budget = new MemoryBudget(InputBuffer.Octets);
        await using var loopback = await Loopback.ConnectAsync(_clock, budget);
        await loopback.SendAsync("NOO");
        Assert.Equal(Input.More, await FillAsync(loopback));
        Assert.Equal(InputBuffer.Octets, budget.HeldOctets);
        await loopback.SendAsync("P\r\n");
        Assert.Equal(Input.More, await FillAsync(loopback)); // what it holds is not taken twice
        Assert.Equal("NOOP\r\n"u8, loopback.Connection.Unread.Span);
        Assert.Equal(InputBuffer.Octets, budget.HeldOctets);

        loopback.Connection.Consume(6);
        var filling = FillAsync(loopback);
        Assert.Equal(0, budget.HeldOctets);
        await loopback.SendAsync("NOOP\r\n");
        Assert.Equal(Input.More, await filling);
    }

    [Fact]
    public async Task Where_there_is_none_left_a_connection_is_told_and_can_still_say_its_last_word()
    {
        var budget = new MemoryBudget(InputBuffer.Octets);
        await using var holder = await Loopback.ConnectAsync(_clock, budget);
        await holder.SendAsync("NOO");
        Assert.Equal(Input.More, await FillAsync(holder));
        await using var other = await Loopback.ConnectAsync(_clock, budget);
        var filling = FillAsync(other);
        Assert.False(filling.IsCompleted); // an idle connection needs nothing
        await other.SendAsync(new byte[100_000]);
        Assert.Equal(Input.Overloaded, await filling);
        Assert.True(other.Connection.Unread.IsEmpty);

        other.Connection.Write(Replies.Overloaded);
        var closing = other.Connection.CloseAsync(linger: true).AsTask(); // reads what is still coming, without the budget
        var octets = new byte[512];
        var received = await other.Client.ReceiveAsync(octets, TestContext.Current.CancellationToken);
        Assert.StartsWith("421 4.3.2 ", System.Text.Encoding.ASCII.GetString(octets, 0, received), StringComparison.Ordinal);
        Assert.Equal(0, await other.Client.ReceiveAsync(octets, TestContext.Current.CancellationToken));
        other.Client.Dispose();
        await closing;
        Assert.Equal(InputBuffer.Octets, budget.HeldOctets); // the first one's

        await holder.Connection.DisposeAsync();
        Assert.Equal(0, budget.HeldOctets);
    }

    [Fact]
    public async Task Memory_that_falls_free_serves_the_next_one()
    {
        var budget = new MemoryBudget(InputBuffer.Octets);
        for (var i = 0; i < 3; i++)
        {
            await using var loopback = await Loopback.ConnectAsync(_clock, budget);
            await loopback.SendAsync("NOOP\r\n");
            Assert.Equal(Input.More, await FillAsync(loopback));
        }

        Assert.Equal(0, budget.HeldOctets);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_message_keeps_is_there_for_its_next_octets_and_given_back_once(bool endsWithTheConnection)
    {
        var budget = new MemoryBudget(InputBuffer.Octets);
        await using var holder = await Loopback.ConnectAsync(_clock, budget);
        await holder.SendAsync("DATA\r\n");
        Assert.Equal(Input.More, await FillAsync(holder));
        holder.Connection.Consume(6);
        holder.Connection.KeepRoom(true);
        var filling = FillAsync(holder);
        Assert.Equal(InputBuffer.Octets, budget.HeldOctets);
        await using var other = await Loopback.ConnectAsync(_clock, budget);
        await other.SendAsync("NOOP\r\n");
        Assert.Equal(Input.Overloaded, await FillAsync(other));
        await holder.SendAsync("x");
        Assert.Equal(Input.More, await filling);

        holder.Connection.Consume(1);
        filling = FillAsync(holder);
        if (endsWithTheConnection)
        {
            await holder.Connection.DisposeAsync();
        }
        else
        {
            holder.Connection.KeepRoom(false);
        }

        Assert.Equal(0, budget.HeldOctets);
        holder.Client.Dispose();
        Assert.Equal(Input.Closed, await filling);
        await holder.Connection.DisposeAsync();
        Assert.Equal(0, budget.HeldOctets);
    }

    [Fact]
    public void What_is_held_and_remembered_is_told_to_whoever_measures()
    {
        var meters = new TestServer.Meters();
        var metrics = new SmtpMetrics(meters);
        var budget = new MemoryBudget(1_000);
        var clients = new ClientLedger(new(), _clock, new(_clock, metrics, NullLogger.Instance));
        metrics.Watch(clients, budget);
        Assert.True(budget.TryTake(123));
        Assert.True(clients.Enter(System.Net.IPAddress.Parse("203.0.113.7")).TryGet(out var lease, out _));
        var told = new Dictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter == meters.Last)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => told[instrument.Name] = value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => told[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Equal((123, 1), (told["gateway.smtp.memory.held"], told["gateway.smtp.clients.tracked"]));
        lease.Dispose();
    }

    private static Task<Input> FillAsync(Loopback loopback) => loopback.Connection.FillAsync(long.MaxValue, interruptible: true).AsTask();
}
