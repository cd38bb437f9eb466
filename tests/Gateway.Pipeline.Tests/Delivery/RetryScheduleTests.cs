using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Tests.StandIns;

namespace Gateway.Pipeline.Tests.Delivery;

public sealed class RetryScheduleTests
{
    private static readonly int[] Seconds = [5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 72000, 86400];

    [Fact]
    public void Waits_are_those_of_the_table_with_a_tenth_more_or_less()
    {
        foreach (var (attempt, seconds) in Seconds.Index())
        {
            var wait = RetrySchedule.Next(Samples.Delivery() with { Attempt = attempt, Send = attempt * 3 }, AnswerAction.Retry, null);
            Assert.InRange(wait!.Value.TotalSeconds, seconds * 0.9, seconds * 1.1);
        }
    }

    [Theory]
    [InlineData(AnswerAction.Retry, 12)]
    [InlineData(AnswerAction.RetryShort, 9)]
    public void After_the_last_wait_there_is_none(AnswerAction action, int waits)
    {
        Assert.NotNull(RetrySchedule.Next(Samples.Delivery() with { Attempt = waits - 1 }, action, null));
        Assert.Null(RetrySchedule.Next(Samples.Delivery() with { Attempt = waits }, action, null));
        Assert.Null(RetrySchedule.Next(Samples.Delivery() with { Attempt = 1000 }, action, TimeSpan.FromSeconds(1)));
        Assert.Null(RetrySchedule.Next(Samples.Delivery() with { Attempt = -1 }, action, null));
    }

    [Fact]
    public void Retry_after_is_waited_at_least_and_a_day_at_most()
    {
        var item = Samples.Delivery();
        Assert.Equal(TimeSpan.FromHours(1), RetrySchedule.Next(item, AnswerAction.Retry, TimeSpan.FromHours(1)));
        Assert.Equal(TimeSpan.FromHours(24), RetrySchedule.Next(item, AnswerAction.Retry, TimeSpan.FromDays(365)));
        Assert.Equal(RetrySchedule.Next(item, AnswerAction.Retry, null), RetrySchedule.Next(item, AnswerAction.Retry, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Jitter_spreads_sends_and_is_the_same_for_the_same_send()
    {
        var values = Enumerable.Range(0, 1000).Select(send => RetrySchedule.Jitter(Samples.Delivery() with { Send = send })).ToArray();
        Assert.All(values, value => Assert.InRange(value, 0, 1 - double.Epsilon));
        Assert.InRange(values.Average(), 0.45, 0.55);
        Assert.True(values.Min() < 0.05 && values.Max() > 0.95);
        Assert.Equal(values[7], RetrySchedule.Jitter(Samples.Delivery() with { Send = 7 }));
    }
}
