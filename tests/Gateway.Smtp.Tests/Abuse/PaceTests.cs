using Gateway.Smtp.Abuse;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Abuse;

public sealed class PaceTests
{
    private static readonly TimeSpan Reserve = TimeSpan.FromMinutes(3);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    [Fact]
    public void An_octet_a_second_ends_soon_after_the_reserve()
    {
        var pace = new Pace(_clock, 100, Reserve);
        Assert.InRange(Drip(ref pace, octets: 1, TimeSpan.FromSeconds(1)), 180, 183);
    }

    [Fact]
    public void An_octet_just_before_each_timeout_ends_with_the_second()
    {
        var pace = new Pace(_clock, 100, Reserve);
        Assert.InRange(Drip(ref pace, octets: 1, Reserve - TimeSpan.FromSeconds(1)), 1, 2);
    }

    [Fact]
    public void Who_keeps_the_rate_is_never_cut()
    {
        var pace = new Pace(_clock, 100, Reserve);
        for (var second = 0; second < 3_600; second++)
        {
            Assert.True(Wait(ref pace, octets: 100, TimeSpan.FromSeconds(1)));
        }

        Assert.True(Wait(ref pace, octets: 1, Reserve - TimeSpan.FromTicks(1))); // and may still pause as long as the reserve
    }

    [Fact]
    public void Who_sends_blocks_may_pause_for_almost_the_timeout_before_each()
    {
        var pace = new Pace(_clock, 100, Reserve);
        for (var block = 0; block < 100; block++)
        {
            Assert.True(Wait(ref pace, octets: 18_000, Reserve - TimeSpan.FromTicks(1)));
        }
    }

    [Fact]
    public void Nobody_saves_up_time_by_sending_fast_at_first()
    {
        var pace = new Pace(_clock, 100, Reserve);
        for (var block = 0; block < 1_000; block++)
        {
            Assert.True(Wait(ref pace, octets: 65_536, TimeSpan.FromMilliseconds(1)));
        }

        Assert.InRange(Drip(ref pace, octets: 1, TimeSpan.FromSeconds(1)), 180, 183);
    }

    [Fact]
    public void The_deadline_is_the_reserve_that_is_left_and_has_passed_when_there_is_none()
    {
        var pace = new Pace(_clock, 100, Reserve);
        Assert.Equal(Reserve, Until(pace.BeginWait()));
        _clock.Advance(TimeSpan.FromSeconds(100));
        pace.EndWait(1_000); // 10 seconds' worth
        Assert.Equal(TimeSpan.FromSeconds(90), Until(pace.BeginWait()));
        _clock.Advance(TimeSpan.FromSeconds(91));
        pace.EndWait(0);
        Assert.True(pace.IsTooSlow);
        Assert.True(Until(pace.BeginWait()) < TimeSpan.Zero);
    }

    [Fact]
    public void The_time_that_the_store_takes_is_not_the_clients()
    {
        var pace = new Pace(_clock, 100, Reserve);
        for (var block = 0; block < 10; block++)
        {
            Assert.True(Wait(ref pace, octets: 1, TimeSpan.FromSeconds(1)));
            _clock.Advance(TimeSpan.FromMinutes(3)); // between two waits
        }

        Assert.InRange(Until(pace.BeginWait()), TimeSpan.FromSeconds(170), TimeSpan.FromSeconds(171));
    }

    [Fact]
    public void Without_a_rate_each_wait_has_the_whole_reserve()
    {
        var pace = new Pace(_clock, 0, Reserve);
        for (var block = 0; block < 1_000; block++)
        {
            Assert.Equal(Reserve, Until(pace.BeginWait()));
            _clock.Advance(Reserve - TimeSpan.FromTicks(1));
            pace.EndWait(1);
            Assert.False(pace.IsTooSlow);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    public void The_largest_figures_do_not_overflow(int octetsPerSecond)
    {
        var pace = new Pace(new FineClock(), octetsPerSecond, TimeSpan.FromMinutes(30));
        Assert.Equal(1_800_000_000_000, pace.BeginWait());
        pace.EndWait(int.MaxValue);
        Assert.Equal(1_800_000_000_000, pace.BeginWait());
    }

    /// <summary>How many waits it takes until it is too slow.</summary>
    private int Drip(ref Pace pace, int octets, TimeSpan each)
    {
        for (var waits = 1; waits < 100_000; waits++)
        {
            if (!Wait(ref pace, octets, each))
            {
                return waits;
            }
        }

        return int.MaxValue;
    }

    /// <returns>The octets came in time.</returns>
    private bool Wait(ref Pace pace, int octets, TimeSpan after)
    {
        var due = pace.BeginWait();
        _clock.Advance(after);
        if (_clock.GetTimestamp() >= due)
        {
            return false;
        }

        pace.EndWait(octets);
        return !pace.IsTooSlow;
    }

    private TimeSpan Until(long due) => TimeSpan.FromSeconds((due - _clock.GetTimestamp()) / (double)_clock.TimestampFrequency);

    /// <summary>Ticks of a nanosecond, as the system's; it stands still.</summary>
    private sealed class FineClock : TimeProvider
    {
        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => 0;
    }
}
