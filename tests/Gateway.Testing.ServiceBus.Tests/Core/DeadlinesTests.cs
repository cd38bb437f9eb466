using Gateway.Testing.ServiceBus.Core;

namespace Gateway.Testing.ServiceBus.Tests.Core;

public sealed class DeadlinesTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    [Fact]
    public void Keys_come_when_they_are_due_and_each_once()
    {
        var deadlines = new Deadlines<int>();
        deadlines.Set(1, Start.AddSeconds(3));
        deadlines.Set(2, Start.AddSeconds(1));
        deadlines.Set(3, Start.AddSeconds(2));
        deadlines.Set(2, Start.AddSeconds(4));
        deadlines.Remove(3);

        Assert.Equal(Start.AddSeconds(3), deadlines.Next);
        Assert.False(deadlines.TryTakeDue(Start.AddSeconds(2), out _));
        Assert.Equal([1, 2], Take(deadlines, Start.AddSeconds(4)));
        Assert.Null(deadlines.Next);
        Assert.Equal(0, deadlines.Count);
    }

    [Fact]
    public void Setting_a_key_to_the_time_it_has_does_not_bring_it_twice()
    {
        var deadlines = new Deadlines<int>();
        deadlines.Set(1, Start);
        deadlines.Set(1, Start);

        Assert.Equal([1], Take(deadlines, Start));
    }

    [Fact]
    public void What_was_removed_and_set_anew_many_times_is_still_right()
    {
        var random = new Random(1);
        var deadlines = new Deadlines<int>();
        var expected = new Dictionary<int, DateTimeOffset>();
        for (var round = 0; round < 20_000; round++)
        {
            var key = random.Next(100);
            if (random.Next(3) == 0)
            {
                deadlines.Remove(key);
                expected.Remove(key);
            }
            else
            {
                deadlines.Set(key, expected[key] = Start.AddSeconds(random.Next(1000)));
            }
        }

        Assert.Equal(expected.Values.Min(), deadlines.Next);
        Assert.Equal(expected.Keys.Order(), Take(deadlines, Start.AddSeconds(1000)).Order());
    }

    private static List<int> Take(Deadlines<int> deadlines, DateTimeOffset now)
    {
        var taken = new List<int>();
        while (deadlines.TryTakeDue(now, out var key))
        {
            taken.Add(key);
        }

        return taken;
    }
}
