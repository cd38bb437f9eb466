using Gateway.Pipeline.Delivery;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Pipeline.Tests.Delivery;

public sealed class EndpointSlotsTests
{
    [Fact]
    public void Each_endpoint_has_so_many_and_gets_each_back_once()
    {
        var slots = new EndpointSlots(Options.Create(new DeliveryOptions { SlotsPerEndpoint = 2 }), TimeProvider.System);
        var (first, second) = (slots.TryTake("a"), slots.TryTake("a"));
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Null(slots.TryTake("a"));
        Assert.NotNull(slots.TryTake("b"));

        first.Dispose();
        first.Dispose();

        Assert.NotNull(slots.TryTake("a"));
        Assert.Null(slots.TryTake("a"));
    }

    [Fact]
    public void Many_at_once_never_hold_more()
    {
        var slots = new EndpointSlots(Options.Create(new DeliveryOptions { SlotsPerEndpoint = 3 }), TimeProvider.System);
        var (held, most) = (0, 0);
        Parallel.For(0, 20_000, _ =>
        {
            using var slot = slots.TryTake("a");
            if (slot is not null)
            {
                var now = Interlocked.Increment(ref held);
                InterlockedMax(ref most, now);
                Interlocked.Decrement(ref held);
            }
        });
        Assert.InRange(most, 1, 3);
        Assert.NotNull(slots.TryTake("a"));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen;)
        {
            seen = Interlocked.CompareExchange(ref target, value, seen) is var before && before == seen ? value : before;
        }
    }

    [Fact]
    public void A_burst_to_a_quick_endpoint_looks_again_within_a_second()
    {
        var clock = new FakeTimeProvider();
        var slots = new EndpointSlots(Options.Create(new DeliveryOptions { SlotsPerEndpoint = 8 }), clock);
        _ = Enumerable.Range(0, 8).Select(_ => slots.TryTake("a")).ToArray();
        var waits = Enumerable.Range(0, 56).Select(_ => slots.Reserve("a") - clock.GetUtcNow()).ToArray();
        Assert.All(waits, wait => Assert.InRange(wait.TotalSeconds, 0.1, 1));
        Assert.Equal(waits.Order(), waits);
    }

    [Fact]
    public void An_endpoint_that_hangs_makes_a_waiting_delivery_look_once_in_a_while_and_not_all_the_time()
    {
        var clock = new FakeTimeProvider();
        var slots = new EndpointSlots(Options.Create(new DeliveryOptions { SlotsPerEndpoint = 8 }), clock);
        var held = new Queue<IDisposable>(Enumerable.Range(0, 8).Select(_ => slots.TryTake("a")!));
        var waiting = Enumerable.Range(0, 1000).Select(_ => slots.Reserve("a")).ToList();
        var looks = 0;
        for (var tenths = 0; tenths < 3000; tenths++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            if (tenths % 19 == 18)
            {
                held.Dequeue().Dispose(); // a time-out, somewhere, every 1.9 s
                held.Enqueue(slots.TryTake("a")!);
            }

            for (var n = 0; n < waiting.Count; n++)
            {
                if (waiting[n] <= clock.GetUtcNow())
                {
                    looks++;
                    waiting[n] = slots.Reserve("a");
                }
            }
        }

        Assert.InRange(looks, 1000, 15_000); // in five minutes: each some five to ten times, and not thousands of times
    }
}
