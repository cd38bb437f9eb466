using Gateway.Smtp.Abuse;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Abuse;

public sealed class RateTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(60)]
    [InlineData(1_000_000)]
    public void While_the_clock_stands_still_a_minutes_worth_is_there_and_no_more(int perMinute)
    {
        var rate = new Rate(perMinute, _clock);
        var fullAt = _clock.GetTimestamp();
        Assert.Equal(perMinute, TakeAll(rate, ref fullAt));
        Assert.True(rate.IsEmpty(fullAt, _clock.GetTimestamp()));
    }

    [Fact]
    public void One_comes_back_at_a_time_and_not_a_tick_before()
    {
        var rate = new Rate(60, _clock);
        var fullAt = _clock.GetTimestamp();
        TakeAll(rate, ref fullAt);
        _clock.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.Equal(0, TakeAll(rate, ref fullAt));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(1, TakeAll(rate, ref fullAt));
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(10, TakeAll(rate, ref fullAt));
    }

    [Fact]
    public void However_long_nothing_was_taken_there_is_no_more_than_a_minutes_worth()
    {
        var rate = new Rate(60, _clock);
        var fullAt = 0L;
        _clock.Advance(TimeSpan.FromDays(400));
        Assert.Equal(60, TakeAll(rate, ref fullAt));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(60, TakeAll(rate, ref fullAt));
    }

    [Fact]
    public void Asking_in_vain_costs_nothing()
    {
        var rate = new Rate(1, _clock);
        var fullAt = _clock.GetTimestamp();
        Assert.True(rate.TryTake(ref fullAt, _clock.GetTimestamp()));
        for (var second = 0; second < 59; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            Assert.False(rate.TryTake(ref fullAt, _clock.GetTimestamp()));
        }

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(rate.TryTake(ref fullAt, _clock.GetTimestamp()));
    }

    [Fact]
    public void Over_an_hour_the_rate_is_kept_however_it_is_asked_for()
    {
        var rate = new Rate(7, _clock);
        var fullAt = _clock.GetTimestamp();
        var taken = 0;
        for (var step = 0; step < 36_000; step++)
        {
            taken += TakeAll(rate, ref fullAt);
            _clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(taken, 7 * 60, (7 * 60) + 7); // and what was in the bucket at first
    }

    [Fact]
    public void Zero_is_no_limit()
    {
        var rate = new Rate(0, _clock);
        var fullAt = 5L;
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(rate.TryTake(ref fullAt, _clock.GetTimestamp())));
        Assert.False(rate.IsEmpty(fullAt, 0));
    }

    [Fact]
    public void A_clock_of_few_ticks_still_limits()
    {
        var rate = new Rate(1_000_000, new CoarseClock());
        var fullAt = 0L;
        Assert.Equal(1_000_000, TakeAll(rate, ref fullAt, now: 0));
    }

    private int TakeAll(Rate rate, ref long fullAt) => TakeAll(rate, ref fullAt, _clock.GetTimestamp());

    private static int TakeAll(Rate rate, ref long fullAt, long now)
    {
        var taken = 0;
        while (taken < 2_000_000 && rate.TryTake(ref fullAt, now))
        {
            taken++;
        }

        return taken;
    }

    private sealed class CoarseClock : TimeProvider
    {
        public override long TimestampFrequency => 1_000;
    }
}
