using System.Text;
using System.Text.Json;
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

    [Fact]
    public async Task Delivered_webhook_is_signed_over_its_octets_and_carries_the_documented_header_fields()
    {
        using var spans = new RecordedSpans();
        await using var receiver = await Receiver.AnsweringAsync(204);
        _rig.Use(("app", receiver.Url));

        var result = await _rig.DeliverAsync(Samples.Delivery());

        Assert.Empty(result.Sends);
        var line = Assert.Single(result.Activities);
        Assert.Equal((ActivityKind.Delivered, 1, 204), (line.Kind, line.Attempts, line.HttpStatus));
        var request = Assert.Single(receiver.Requests);
        Assert.Equal(("POST", "/mail"), (request.Method, request.Target));
        Assert.Equal("application/json", request.Headers["content-type"]);
        Assert.Matches("^Gateway/[0-9]+\\.[0-9]+\\.[0-9]+$", request.Headers["user-agent"]);
        Assert.Equal(Samples.Delivery().DeliveryId.ToString(), request.Headers["webhook-id"]);
        Assert.Equal(WebhookSignature.Seconds(Samples.Now), request.Headers["webhook-timestamp"]);
        Assert.Equal(spans.Of("deliver", Samples.Id).Select(span => span.Id), [request.Headers["traceparent"]]);
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", request.Headers["traceparent"], StringComparison.Ordinal);
        Assert.Equal(
            ["Content-Length", "Content-Type", "Host", "User-Agent", "traceparent", "webhook-id", "webhook-signature", "webhook-timestamp"],
            request.Headers.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(1, _rig.Meters.Count("gateway.pipeline.deliveries=1 outcome=delivered"));

        var headers = new WebhookHeaders(request.Headers["webhook-id"], request.Headers["webhook-timestamp"], request.Headers["webhook-signature"]);
        Assert.Equal(SignatureStatus.Valid, WebhookSignature.Verify(headers, request.Body, [_rig.Secret], _rig.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task Package_of_the_standard_verifies_what_was_sent()
    {
        // The package looks at the machine's clock.
        _rig.Clock.SetUtcNow(TimeProvider.System.GetUtcNow() > Samples.Now ? TimeProvider.System.GetUtcNow() : Samples.Now);
        await using var receiver = await Receiver.AnsweringAsync(200);
        _rig.Use(("app", receiver.Url));
        var at = _rig.Clock.GetUtcNow();

        await _rig.DeliverAsync(Samples.Delivery());

        Assert.SkipWhen(at > TimeProvider.System.GetUtcNow().AddMinutes(4), "the machine's clock is before the samples");
        var request = Assert.Single(receiver.Requests);
        var headers = new HeaderDictionary();
        foreach (var (name, value) in request.Headers)
        {
            headers[name] = value;
        }

        new StandardWebhooks.StandardWebhook(_rig.SecretText).Verify(Encoding.UTF8.GetString(request.Body), headers);
        Assert.ThrowsAny<Exception>(() => new StandardWebhooks.StandardWebhook(WebhookSecret.New()).Verify(Encoding.UTF8.GetString(request.Body), headers));
    }

    [Fact]
    public async Task Links_are_made_for_the_attempt_and_stand_only_in_the_body()
    {
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync($"you sent https://links.example/{Samples.Id}/raw?until=1&sig=LINKSECRET");
        });
        _rig.Use(("app", receiver.Url));

        var result = await _rig.DeliverAsync(Samples.Delivery());

        Assert.Equal(["attachment-2", null], _rig.Messages.Links.Select(made => made.Link.Part));
        Assert.Equal(new("attachment-2", "application/zip", "b.zip"), _rig.Messages.Links[0].Link);
        Assert.Equal(new(null, "message/rfc822", $"{Samples.Id}.eml"), _rig.Messages.Links[1].Link);
        Assert.All(_rig.Messages.Links, made => Assert.Equal(Samples.Now.AddHours(24), made.Expires));
        using var body = JsonDocument.Parse(Assert.Single(receiver.Requests).Body);
        Assert.Contains("LINKSECRET", body.RootElement.GetProperty("data").GetProperty("raw").GetProperty("url").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("LINKSECRET", Encoding.UTF8.GetString(_rig.State.Single(DeadLetterRecord.Collection).Value.Span), StringComparison.Ordinal);
        Assert.DoesNotContain("LINKSECRET", _rig.Logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain("LINKSECRET", JsonSerializer.Serialize(result.Activities), StringComparison.Ordinal);
    }

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
        Assert.InRange((putOff.Sends[0].Due!.Value - Samples.Now).TotalSeconds, 1, 5);
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
    public async Task Endpoint_that_is_gone_from_the_configuration_is_a_dead_letter()
    {
        _rig.Use(("other", new("http://127.0.0.1:9/")));
        var result = await _rig.DeliverAsync(Samples.Delivery());

        Assert.Empty(result.Sends);
        Assert.Equal(ActivityKind.DeadLettered, Assert.Single(result.Activities).Kind);
        Assert.Equal("Endpoint app is not in the configuration any more", _rig.DeadLetter().Reason);
        Assert.Equal(0, _rig.DeadLetter().Attempts);
        Assert.True(_rig.Messages.IsKept(Samples.Id));
    }

    [Fact]
    public async Task Without_a_configuration_it_throws_so_that_the_delivery_waits() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => _rig.DeliverAsync(Samples.Delivery()));

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
