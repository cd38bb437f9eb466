using Gateway.Smtp.Abuse;
using Gateway.Smtp.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Abuse;

public sealed class TarpitTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));
    private readonly TestServer.Meters _meters = new();
    private readonly Dictionary<string, long> _delayed = new(StringComparer.Ordinal);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(10, 0)]
    [InlineData(11, 1)]
    [InlineData(20, 10)]
    [InlineData(40, 30)]
    [InlineData(int.MaxValue, 30)]
    public void Each_error_past_the_tenth_waits_a_second_longer_up_to_half_a_minute(int errors, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Tarpit(new(), 1_000).DelayOf(errors));

    [Fact]
    public void Without_a_delay_nothing_waits()
    {
        var tarpit = Tarpit(new() { TarpitDelay = TimeSpan.Zero }, 1_000);
        Assert.True(tarpit.WaitAsync(new(_clock), 1_000).AsTask().IsCompletedSuccessfully);
        Assert.Empty(_delayed);
    }

    [Fact]
    public async Task A_wait_takes_its_time_by_the_clock_and_no_less()
    {
        var tarpit = Tarpit(new(), 1_000);
        using var alarm = new Alarm(_clock);
        var waiting = tarpit.WaitAsync(alarm, 15).AsTask();
        Pass(alarm, TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.False(waiting.IsCompleted);
        Assert.Equal(1, tarpit.Waiting);
        Pass(alarm, TimeSpan.FromTicks(1));
        Assert.Equal(Cut.None, await waiting);
        Assert.Equal(0, tarpit.Waiting);
        Assert.False(alarm.Set(alarm.In(TimeSpan.FromSeconds(1))).IsCancellationRequested); // what follows begins afresh
    }

    [Fact]
    public async Task A_drain_ends_a_wait_at_once()
    {
        using var alarm = new Alarm(_clock);
        var waiting = Tarpit(new(), 1_000).WaitAsync(alarm, 40).AsTask();
        alarm.Drain();
        Assert.Equal(Cut.Draining, await waiting);
    }

    [Fact]
    public async Task A_stop_ends_a_wait_at_once_and_all_that_follow()
    {
        var tarpit = Tarpit(new(), 1_000);
        using var alarm = new Alarm(_clock);
        var waiting = tarpit.WaitAsync(alarm, 40).AsTask();
        alarm.Stop();
        Assert.Equal(Cut.Stopped, await waiting);
        Assert.Equal(Cut.Stopped, await tarpit.WaitAsync(alarm, 40));
        Assert.Equal(0, tarpit.Waiting);
    }

    [Fact]
    public async Task While_a_drain_goes_on_nothing_waits()
    {
        using var alarm = new Alarm(_clock);
        alarm.Drain();
        Assert.Equal(Cut.Draining, await Tarpit(new(), 1_000).WaitAsync(alarm, 40));
    }

    [Fact]
    public async Task Only_its_part_of_the_connections_waits_and_the_others_are_not_delayed()
    {
        var tarpit = Tarpit(new() { MaxTarpittedPercent = 10 }, 50);
        var alarms = Enumerable.Range(0, 50).Select(_ => new Alarm(_clock)).ToList();
        var waits = alarms.Select(alarm => tarpit.WaitAsync(alarm, 40).AsTask()).ToList();
        Assert.Equal(5, waits.Count(wait => !wait.IsCompleted));
        Assert.Equal(5, tarpit.Waiting);
        Assert.Equal((5, 45), (_delayed["waited"], _delayed["full"]));

        alarms.ForEach(alarm => alarm.Drain());
        await Task.WhenAll(waits);
        using var next = new Alarm(_clock);
        var again = tarpit.WaitAsync(next, 40).AsTask();
        Assert.False(again.IsCompleted); // the places are free again
        next.Stop();
        await again;
        Assert.Equal(0, tarpit.Waiting);
        alarms.ForEach(alarm => alarm.Dispose());
    }

    [Theory]
    [InlineData(1, 50, 0)]
    [InlineData(2, 50, 1)]
    [InlineData(9, 10, 0)]
    [InlineData(41, 50, 20)]
    [InlineData(1_000, 0, 0)]
    public async Task However_few_connections_there_may_be_half_are_never_delayed(int maxConnections, int percent, int places)
    {
        var tarpit = Tarpit(new() { MaxTarpittedPercent = percent }, maxConnections);
        var alarms = Enumerable.Range(0, maxConnections).Select(_ => new Alarm(_clock)).ToList();
        var waits = alarms.Select(alarm => tarpit.WaitAsync(alarm, 40).AsTask()).ToList();
        Assert.Equal(places, waits.Count(wait => !wait.IsCompleted));
        alarms.ForEach(alarm => alarm.Stop());
        await Task.WhenAll(waits);
    }

    private void Pass(Alarm alarm, TimeSpan time)
    {
        _clock.Advance(time);
        alarm.Sweep(_clock.GetTimestamp());
    }

    private Tarpit Tarpit(LimitOptions options, int maxConnections)
    {
        Assert.Empty(options.Problems());
        var metrics = new SmtpMetrics(_meters);
        _meters.Listen("gateway.smtp.delayed", (count, tarpit) => _delayed[tarpit!] = _delayed.GetValueOrDefault(tarpit!) + count);
        return new(options, maxConnections, metrics);
    }
}
