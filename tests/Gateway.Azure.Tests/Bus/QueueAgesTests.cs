using Gateway.Azure.Bus;
using Gateway.Core.Events;

namespace Gateway.Azure.Tests.Bus;

/// <summary>The gauge from which one sees that a queue is not worked on.</summary>
public sealed class QueueAgesTests
{
    private const string Oldest = "gateway.azure.queue.oldest";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_queue_has_the_age_of_its_oldest_event_and_an_empty_one_has_zero()
    {
        await using var bench = await BusBench.StartAsync();
        await bench.Queue.SendAsync([Samples.Message()], Cancel);
        var since = Assert.Single(await bench.QueuedAsync()).EnqueuedTime;
        bench.Clock.SetUtcNow(since + TimeSpan.FromSeconds(90));
        await MeasureAsync(bench);
        Assert.Equal([90], bench.Meters.Of(Oldest, "queue=received"));
        Assert.Equal([0], bench.Meters.Of(Oldest, "queue=inspected"));
        Assert.Equal([0], bench.Meters.Of(Oldest, "queue=deliveries"));
    }

    [Fact]
    public async Task Neither_what_is_not_due_nor_a_clock_that_is_slow_makes_an_age()
    {
        await using var bench = await BusBench.StartAsync();
        var later = Samples.Message(due: DateTimeOffset.MaxValue.AddYears(-1000));
        await bench.Queue.SendAsync([later, Samples.Message()], Cancel);
        var active = (await bench.QueuedAsync()).Single(message => message.MessageId != later.Id).EnqueuedTime;
        bench.Clock.SetUtcNow(active - TimeSpan.FromSeconds(3));
        await MeasureAsync(bench);
        Assert.Equal([0], bench.Meters.Of(Oldest, "queue=received"));
    }

    /// <summary>Whichever it is: the others are not the ones that happened to be looked into before.</summary>
    [Theory]
    [InlineData("received")]
    [InlineData("inspected")]
    [InlineData("deliveries")]
    public async Task A_queue_that_cannot_be_looked_into_is_told_and_the_others_ages_are_there(string broken)
    {
        await using var bench = await BusBench.StartAsync(queue: queue => queue.Name == broken ? queue with { Name = "another" } : queue);
        var others = Enum.GetValues<StageQueue>().Select(QueueNames.Of).Where(name => name != broken).ToArray();
        bench.Clock.SetUtcNow(TimeProvider.System.GetUtcNow());
        await Assert.ThrowsAsync<global::Azure.Messaging.ServiceBus.ServiceBusException>(() => MeasureAsync(bench));
        Assert.All(others, name => Assert.Equal([0], bench.Meters.Of(Oldest, $"queue={name}")));
        Assert.Empty(bench.Meters.Of(Oldest, $"queue={broken}"));
    }

    [Fact]
    public async Task A_look_that_is_given_up_records_nothing_and_the_next_one_does()
    {
        await using var bench = await BusBench.StartAsync();
        bench.Clock.SetUtcNow(TimeProvider.System.GetUtcNow());
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new QueueAges(bench.Queue, bench.Metrics, bench.Clock).MeasureAsync(given.Token));
        Assert.Empty(bench.Meters.Of(Oldest));
        await MeasureAsync(bench);
        Assert.Equal([0, 0, 0], bench.Meters.Of(Oldest));
    }

    private static Task MeasureAsync(BusBench bench) => new QueueAges(bench.Queue, bench.Metrics, bench.Clock).MeasureAsync(Cancel);
}
