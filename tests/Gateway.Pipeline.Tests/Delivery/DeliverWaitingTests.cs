using Gateway.Core.Events;
using Gateway.Pipeline.Tests.StandIns;

namespace Gateway.Pipeline.Tests.Delivery;

/// <summary>Endpoints that do not answer.</summary>
public sealed class DeliverWaitingTests : IDisposable
{
    private readonly PipelineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Hanging_endpoint_is_given_its_time_and_no_more()
    {
        var arrived = new TaskCompletionSource();
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        _rig.Use(("app", receiver.Url));

        var running = _rig.DeliverAsync(Samples.Delivery());
        await arrived.Task.WaitAsync(TestContext.Current.CancellationToken);
        _rig.Clock.Advance(TimeSpan.FromSeconds(14.9));
        Assert.False(running.IsCompleted);
        _rig.Clock.Advance(TimeSpan.FromSeconds(0.2));
        var result = await running;

        Assert.Equal(1, Samples.Delivery(Assert.Single(result.Sends)).Attempt);
        Assert.Equal("The endpoint did not answer in its time", Assert.Single(result.Activities).Reason);
        Assert.Null(result.Activities[0].HttpStatus);
        Assert.Equal(TimeSpan.FromSeconds(15.1), result.Activities[0].Elapsed);
    }

    [Fact]
    public async Task Shutting_down_in_the_middle_is_not_an_answer()
    {
        var arrived = new TaskCompletionSource();
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        _rig.Use(("app", receiver.Url));
        using var stop = new CancellationTokenSource();

        var running = _rig.Deliver.RunAsync(Samples.Json(Samples.Delivery()), stop.Token);
        await arrived.Task.WaitAsync(TestContext.Current.CancellationToken);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.NotNull(_rig.Slots.TryTake("app"));
    }

    [Fact]
    public async Task Endpoint_that_hangs_holds_its_own_slots_and_delays_nobody_else()
    {
        var release = new TaskCompletionSource();
        var arrived = new SemaphoreSlim(0);
        await using var hanging = await Receiver.StartAsync(async context =>
        {
            arrived.Release();
            await release.Task.WaitAsync(context.RequestAborted);
        });
        await using var quick = await Receiver.AnsweringAsync(200);
        _rig.Use(("a", hanging.Url), ("b", quick.Url));

        var held = Enumerable.Range(0, 8).Select(i => _rig.DeliverAsync(Samples.Delivery($"r{i}@in.example.com", endpoint: "a"))).ToArray();
        for (var i = 0; i < held.Length; i++)
        {
            await arrived.WaitAsync(TestContext.Current.CancellationToken);
        }

        var late = Samples.Delivery("late@in.example.com", endpoint: "a") with { Attempt = 3, Send = 5 };
        var putOff = await _rig.DeliverAsync(late);
        var copy = Samples.Delivery(Assert.Single(putOff.Sends));
        Assert.Equal((3, 6), (copy.Attempt, copy.Send));
        Assert.InRange((putOff.Sends[0].Due!.Value - _rig.Clock.GetUtcNow()).TotalSeconds, 0.1, 60);
        Assert.Empty(putOff.Activities);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(ActivityKind.Delivered, (await _rig.DeliverAsync(Samples.Delivery($"r{i}@in.example.com", endpoint: "b"))).Activities[0].Kind);
        }

        Assert.Equal(8, hanging.Requests.Count);
        release.SetResult();
        Assert.All(await Task.WhenAll(held), result => Assert.Equal(ActivityKind.Delivered, result.Activities[0].Kind));
        Assert.Equal(ActivityKind.Delivered, (await _rig.DeliverAsync(copy)).Activities[0].Kind);
    }
}
