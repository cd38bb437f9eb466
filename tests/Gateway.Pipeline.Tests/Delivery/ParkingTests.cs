using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Pipeline.DeadLetters;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Tests.StandIns;
using Microsoft.Extensions.Logging;

namespace Gateway.Pipeline.Tests.Delivery;

public sealed class ParkingTests : IDisposable
{
    private readonly PipelineRig _rig = new();
    private int _status = 410;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Endpoint_that_is_gone_is_parked_with_one_alert_and_its_delivery_waits()
    {
        await using var receiver = await StartAsync();

        var first = await _rig.DeliverAsync(Samples.Delivery() with { Attempt = 2 });
        var second = await _rig.DeliverAsync(Samples.Delivery("other@in.example.com"));

        var copy = Samples.Delivery(Assert.Single(first.Sends));
        Assert.Equal((3, 1, Samples.Now), (copy.Attempt, copy.Send, copy.ParkedSince));
        Assert.InRange((first.Sends[0].Due!.Value - Samples.Now).TotalMinutes, 9, 11);
        Assert.Equal((ActivityKind.Parked, 410), (Assert.Single(first.Activities).Kind, first.Activities[0].HttpStatus));

        // The second was not even asked.
        Assert.Equal((0, 1), (Samples.Delivery(Assert.Single(second.Sends)).Attempt, Samples.Delivery(second.Sends[0]).Send));
        Assert.Equal(ActivityKind.Parked, Assert.Single(second.Activities).Kind);
        Assert.Single(receiver.Requests);
        var alert = Assert.Single(_rig.Logs.Lines, line => line.Level == LogLevel.Warning);
        Assert.Contains("app", alert.Text, StringComparison.Ordinal);
        Assert.Equal(1, _rig.Meters.Count("gateway.pipeline.endpoints.parked=1"));
        Assert.Equal(new StateKey("endpoint", "app"), _rig.State.Single(EndpointParking.Collection).Key);
    }

    [Fact]
    public async Task Two_that_hear_it_at_once_raise_one_alert()
    {
        await using var receiver = await StartAsync();
        var replica = new EndpointParking(_rig.State, _rig.Clock);

        Assert.Null(await _rig.Parking.FindAsync("app", TestContext.Current.CancellationToken));
        Assert.True(await replica.ParkAsync("app", 410, TestContext.Current.CancellationToken));
        await _rig.DeliverAsync(Samples.Delivery());

        Assert.Single(receiver.Requests); // this process did not know yet
        Assert.Equal(0, _rig.Meters.Count("gateway.pipeline.endpoints.parked=1"));
    }

    [Fact]
    public async Task Waiting_is_told_once_and_counts_no_attempt()
    {
        await using var receiver = await StartAsync();
        var item = Samples.Delivery((await _rig.DeliverAsync(Samples.Delivery())).Sends[0]);
        for (var look = 0; look < 5; look++)
        {
            _rig.Clock.Advance(TimeSpan.FromMinutes(11));
            var result = await _rig.DeliverAsync(item);
            item = Samples.Delivery(Assert.Single(result.Sends));
            Assert.Empty(result.Activities);
        }

        Assert.Equal((1, 6, Samples.Now), (item.Attempt, item.Send, item.ParkedSince));
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task Re_enabled_endpoint_gets_what_waited()
    {
        await using var receiver = await StartAsync();
        var item = Samples.Delivery((await _rig.DeliverAsync(Samples.Delivery())).Sends[0]);
        _status = 200;
        _rig.Clock.Advance(TimeSpan.FromDays(3));

        Assert.True(await new EndpointParking(_rig.State, _rig.Clock).ResumeAsync("app", TestContext.Current.CancellationToken));
        var result = await _rig.DeliverAsync(item);

        Assert.Empty(result.Sends);
        Assert.Equal(ActivityKind.Delivered, Assert.Single(result.Activities).Kind);
        Assert.Single(receiver.Requests.Select(request => request.Headers["webhook-id"]).Distinct());
        Assert.False(await _rig.Parking.ResumeAsync("app", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Record_that_says_not_parked_is_as_good_as_none()
    {
        await using var receiver = await StartAsync();
        await _rig.State.PutAsync(
            new("endpoint", "app"), "{\"parked\":false,\"since\":\"2026-11-24T00:00:00Z\"}"u8.ToArray(), null, StateCondition.None, TestContext.Current.CancellationToken);
        _status = 200;

        Assert.Equal(ActivityKind.Delivered, (await _rig.DeliverAsync(Samples.Delivery())).Activities[0].Kind);
    }

    [Fact]
    public async Task After_seven_days_it_is_a_dead_letter()
    {
        await using var receiver = await StartAsync();
        var item = Samples.Delivery((await _rig.DeliverAsync(Samples.Delivery())).Sends[0]);

        _rig.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1));
        var last = Assert.Single((await _rig.DeliverAsync(item)).Sends);
        Assert.Equal(Samples.Now.AddDays(7), last.Due);
        _rig.Clock.SetUtcNow(Samples.Now.AddDays(7));
        var result = await _rig.DeliverAsync(Samples.Delivery(last));

        Assert.Empty(result.Sends);
        Assert.Equal(ActivityKind.DeadLettered, Assert.Single(result.Activities).Kind);
        Assert.Equal("The endpoint was parked for 7 days", _rig.DeadLetter().Reason);
        Assert.Equal(1, _rig.State.Count(DeadLetterRecord.Collection));
        Assert.Single(receiver.Requests);
    }

    [Fact]
    public async Task Another_410_after_a_re_enabling_does_not_start_the_wait_anew()
    {
        await using var receiver = await StartAsync();
        var item = Samples.Delivery((await _rig.DeliverAsync(Samples.Delivery())).Sends[0]);
        _rig.Clock.Advance(TimeSpan.FromDays(6));
        await _rig.Parking.ResumeAsync("app", TestContext.Current.CancellationToken);

        var again = Samples.Delivery(Assert.Single((await _rig.DeliverAsync(item)).Sends));

        Assert.Equal((2, Samples.Now), (again.Attempt, again.ParkedSince));
    }

    private async Task<Receiver> StartAsync()
    {
        var receiver = await Receiver.StartAsync(context =>
        {
            context.Response.StatusCode = _status;
            return Task.CompletedTask;
        });
        _rig.Use(("app", receiver.Url));
        return receiver;
    }
}
