using Gateway.Pipeline.Delivery;
using Microsoft.Extensions.Options;

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
}
