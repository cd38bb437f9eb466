using System.Text;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Pipeline.DeadLetters;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Inspect;
using Gateway.Pipeline.Tests.StandIns;
using Microsoft.AspNetCore.Http;

namespace Gateway.Pipeline.Tests.Delivery;

public sealed class DeliverStageTests : IDisposable
{
    private readonly PipelineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(200)]
    [InlineData(202)]
    [InlineData(299)]
    public async Task Success_is_the_end(int status)
    {
        var result = await DeliverToAsync(status, Samples.Delivery());
        Assert.Empty(result.Sends);
        Assert.Equal(ActivityKind.Delivered, Assert.Single(result.Activities).Kind);
    }

    [Theory]
    [InlineData(408, 12)]
    [InlineData(425, 12)]
    [InlineData(429, 12)]
    [InlineData(500, 12)]
    [InlineData(502, 12)]
    [InlineData(503, 12)]
    [InlineData(504, 12)]
    [InlineData(599, 12)]
    [InlineData(401, 9)]
    [InlineData(403, 9)]
    [InlineData(404, 9)]
    [InlineData(301, 9)]
    [InlineData(302, 9)]
    [InlineData(304, 9)]
    [InlineData(308, 9)]
    public async Task Failure_that_may_pass_is_tried_again_by_the_schedule_and_then_dead(int status, int waits)
    {
        await using var receiver = await Receiver.AnsweringAsync(status, ("location", "/elsewhere"));
        _rig.Use(("app", receiver.Url));
        var item = Samples.Delivery() with { Send = 40 };
        for (var attempt = 0; attempt < waits; attempt++)
        {
            var result = await _rig.DeliverAsync(item);
            var send = Assert.Single(result.Sends);
            item = Samples.Delivery(send);
            Assert.Equal((attempt + 1, 41 + attempt), (item.Attempt, item.Send));
            Assert.Equal($"{item.DeliveryId}:0:{item.Send}", send.Id);
            var wait = (send.Due!.Value - Samples.Now) / RetrySchedule.Waits[attempt];
            Assert.InRange(wait, 0.9, 1.1);
            var line = Assert.Single(result.Activities);
            Assert.Equal((ActivityKind.Retrying, attempt + 1, status, send.Due), (line.Kind, line.Attempts, line.HttpStatus, line.Next));
        }

        var last = await _rig.DeliverAsync(item);
        Assert.Empty(last.Sends);
        Assert.Null(last.DeadLetterReason);
        Assert.Equal(ActivityKind.DeadLettered, Assert.Single(last.Activities).Kind);
        var record = _rig.DeadLetter();
        Assert.Equal((waits + 1, status), (record.Attempts, record.LastAnswer!.Status));
        Assert.True(record.RawKept);
        Assert.Equal(waits + 1, receiver.Requests.Count);
        Assert.All(receiver.Requests, request => Assert.Equal("/mail", request.Target));
        Assert.Single(receiver.Requests.Select(request => request.Headers["webhook-id"]).Distinct());
    }

    [Theory]
    [InlineData(400)]
    [InlineData(402)]
    [InlineData(405)]
    [InlineData(413)]
    [InlineData(415)]
    [InlineData(422)]
    [InlineData(451)]
    public async Task Failure_that_cannot_pass_is_dead_at_once_with_the_answers_first_octets(int status)
    {
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(new string('x', 5000));
        });
        _rig.Use(("app", receiver.Url));

        var result = await _rig.DeliverAsync(Samples.Delivery());

        Assert.Empty(result.Sends);
        Assert.Equal((ActivityKind.DeadLettered, status), (Assert.Single(result.Activities).Kind, result.Activities[0].HttpStatus));
        Assert.Equal((status, 1024), (_rig.DeadLetter().LastAnswer!.Status, _rig.DeadLetter().LastAnswer!.Text!.Length));
        Assert.Equal(1, _rig.Meters.Count("gateway.pipeline.deliveries=1 outcome=dead_letter"));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(302)]
    public async Task Retry_after_does_not_stretch_the_short_schedule(int status)
    {
        var result = await DeliverToAsync(status, Samples.Delivery(), ("retry-after", "86400"));

        Assert.InRange((Assert.Single(result.Sends).Due!.Value - Samples.Now).TotalSeconds, 4.5, 5.5);
    }

    [Theory]
    [InlineData("7200", 7200)]
    [InlineData("Tue, 24 Nov 2026 19:00:10 GMT", 3600)]
    [InlineData("99999999", 86400)]
    [InlineData("Tue, 24 Nov 2099 19:00:10 GMT", 86400)]
    [InlineData("Tue, 24 Nov 2020 19:00:10 GMT", 5)]
    [InlineData("-5", 5)]
    [InlineData("soon", 5)]
    [InlineData("0", 5)]
    public async Task Retry_after_is_waited_in_either_form_up_to_a_day(string value, int seconds)
    {
        var result = await DeliverToAsync(429, Samples.Delivery(), ("retry-after", value));
        Assert.InRange((Assert.Single(result.Sends).Due!.Value - Samples.Now).TotalSeconds, seconds * 0.9, seconds * 1.1);
    }

    [Fact]
    public async Task Running_twice_gives_equal_sends()
    {
        await using var receiver = await Receiver.AnsweringAsync(500);
        _rig.Use(("app", receiver.Url));

        var first = Assert.Single((await _rig.DeliverAsync(Samples.Delivery())).Sends);
        var second = Assert.Single((await _rig.DeliverAsync(Samples.Delivery())).Sends);

        Assert.Equal((first.Id, first.Due), (second.Id, second.Due));
        Assert.Equal(first.Body.ToArray(), second.Body.ToArray());
        Assert.Equal(receiver.Requests.First().Body, receiver.Requests.Last().Body);
    }

    [Fact]
    public async Task Dead_letter_recorded_twice_is_one_record()
    {
        await DeliverToAsync(400, Samples.Delivery());
        await DeliverToAsync(400, Samples.Delivery());
        await DeliverToAsync(400, Samples.Delivery() with { Run = 1 });

        Assert.Equal(2, _rig.State.Count(DeadLetterRecord.Collection));
    }

    [Fact]
    public async Task Endpoint_that_is_missing_from_the_configuration_is_waited_for_since_replicas_see_a_change_one_after_the_other()
    {
        _rig.Use(("other", new("http://127.0.0.1:9/")));
        var first = Assert.Single((await _rig.DeliverAsync(Samples.Delivery())).Sends);
        Assert.Equal((1, 0, Samples.Now), (Samples.Delivery(first).Send, Samples.Delivery(first).Attempt, Samples.Delivery(first).UnknownSince));
        Assert.InRange((first.Due!.Value - Samples.Now).TotalSeconds, 9, 11);

        var second = Assert.Single((await _rig.DeliverAsync(Samples.Delivery(first) with { UnknownSince = Samples.Now.AddMinutes(-59) })).Sends);
        Assert.Equal((2, Samples.Now.AddMinutes(-59)), (Samples.Delivery(second).Send, Samples.Delivery(second).UnknownSince));
        Assert.InRange((second.Due!.Value - Samples.Now).TotalMinutes, 4.5, 5.5);
        Assert.Equal(0, _rig.State.Count(DeadLetterRecord.Collection));
    }

    [Fact]
    public async Task Endpoint_that_is_gone_from_the_configuration_for_an_hour_is_a_dead_letter()
    {
        _rig.Use(("other", new("http://127.0.0.1:9/")));
        var result = await _rig.DeliverAsync(Samples.Delivery() with { UnknownSince = Samples.Now - DeliverStage.UnknownFor });

        Assert.Empty(result.Sends);
        Assert.Equal(ActivityKind.DeadLettered, Assert.Single(result.Activities).Kind);
        Assert.Equal("Endpoint app is not in the configuration any more", _rig.DeadLetter().Reason);
        Assert.Equal(0, _rig.DeadLetter().Attempts);
        Assert.True(_rig.Messages.IsKept(Samples.Id));
    }

    [Fact]
    public async Task Without_a_configuration_it_throws_so_that_the_delivery_waits() =>
        await Assert.ThrowsAsync<NoConfigurationException>(() => _rig.DeliverAsync(Samples.Delivery()));

    [Fact]
    public async Task Missing_content_waits_while_the_raw_message_is_there_and_is_dead_when_both_are_gone()
    {
        await using var receiver = await Receiver.AnsweringAsync(200);
        _rig.Use(("app", receiver.Url));
        _rig.Messages.DeletePart(Samples.Id, MessageContent.PartName);

        Assert.Equal(1, Samples.Delivery(Assert.Single((await _rig.DeliverAsync(Samples.Delivery())).Sends)).Attempt);
        Assert.Equal(ActivityKind.DeadLettered, (await _rig.DeliverAsync(Samples.Delivery() with { Attempt = 9 })).Activities[0].Kind);

        await _rig.Messages.DeleteAsync(Samples.Id, TestContext.Current.CancellationToken);
        var result = await _rig.DeliverAsync(Samples.Delivery());
        Assert.Equal("The raw message and its content are gone", Assert.Single(result.Activities).Reason);
        Assert.False(_rig.DeadLetter().RawKept);
        Assert.Empty(receiver.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("{\"deliveryId\":17}")]
    [InlineData("{\"deliveryId\":\"\\ud800\"}")]
    [InlineData("{\"message\":{\"messageId\":5}}")]
    [InlineData("{\"message\":{\"messageId\":\"\\ud800\"}}")]
    [InlineData("{\"message\":{\"envelope\":{\"from\":\"\\udc00\"}}}")]
    public async Task Body_that_is_no_event_is_for_the_driver_to_dead_letter(string body)
    {
        var result = await _rig.Deliver.RunAsync(Encoding.UTF8.GetBytes(body), TestContext.Current.CancellationToken);
        Assert.NotNull(result.DeadLetterReason);
        Assert.Empty(result.Sends);
    }

    [Fact]
    public async Task Crash_point_is_after_the_answer_and_before_the_result()
    {
        await using var receiver = await Receiver.AnsweringAsync(503);
        _rig.Use(("app", receiver.Url));
        var item = Samples.Delivery("crash@in.example.com");
        var seen = new List<AnsweredPoint>();
        using var subscription = PipelineTelemetry.Points.Subscribe(
            new Observer(pair => seen.Add((AnsweredPoint)pair.Value!), item.DeliveryId.ToString()), name => name == PipelineTelemetry.DeliveryAnswered);

        await _rig.DeliverAsync(item);

        Assert.Equal(new AnsweredPoint(item.DeliveryId.ToString(), 0, 503), Assert.Single(seen));
    }

    private async Task<StageResult> DeliverToAsync(int status, DeliveryEvent item, params (string Name, string Value)[] headers)
    {
        await using var receiver = await Receiver.AnsweringAsync(status, headers);
        _rig.Use(("app", receiver.Url));
        return await _rig.DeliverAsync(item);
    }

    private sealed class Observer(Action<KeyValuePair<string, object?>> next, string deliveryId) : IObserver<KeyValuePair<string, object?>>
    {
        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if ((value.Value as AnsweredPoint)?.DeliveryId == deliveryId)
            {
                next(value);
            }
        }
    }
}
