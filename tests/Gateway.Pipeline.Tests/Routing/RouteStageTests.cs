using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Pipeline.Inspect;
using Gateway.Pipeline.Routing;
using Gateway.Pipeline.Tests.StandIns;
using Microsoft.Extensions.Logging;
using SpanKind = System.Diagnostics.ActivityKind;

namespace Gateway.Pipeline.Tests.Routing;

public sealed class RouteStageTests : IDisposable
{
    private const string Document = """
        {
          "version": 1,
          "domains": [{ "name": "in.example.com" }],
          "endpoints": [{ "id": "app", "url": "https://app.example/", "secrets": ["env:X"] }, { "id": "crm", "url": "https://crm.example/", "secrets": ["env:X"] }],
          "routes": [
            { "id": "crm", "priority": 1, "match": { "recipient": "c*@in.example.com" }, "actions": [{ "webhook": "crm" }] },
            { "id": "app", "priority": 2, "match": { "recipient": "a*@in.example.com" }, "actions": [{ "webhook": "app" }, { "webhook": "app" }] },
            { "id": "app2", "priority": 3, "match": { "recipient": "ab@in.example.com" }, "actions": [{ "webhook": "app" }] },
            { "id": "keep", "priority": 4, "match": { "recipient": "keep*@in.example.com" }, "actions": [{ "store": {} }] },
            { "id": "bin", "priority": 5, "match": { "recipient": "bin@in.example.com" }, "actions": [{ "drop": {} }] },
            { "id": "late", "priority": 6, "match": { "recipient": "late@in.example.com", "header": { "name": "X-Late", "value": "yes" } }, "actions": [{ "webhook": "app" }] }
          ]
        }
        """;

    private readonly PipelineRig _rig = new();

    public RouteStageTests() => _rig.Live.Replace(Samples.Configuration(Document));

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Each_recipient_route_and_endpoint_is_a_delivery_of_its_own()
    {
        var result = await _rig.RouteAsync(Samples.Inspected("a1@in.example.com", "ab@in.example.com", "c@in.example.com"));

        var deliveries = result.Sends.Select(Samples.Delivery).ToArray();
        Assert.Equal(
            ["a1@in.example.com app app", "ab@in.example.com app app", "ab@in.example.com app2 app", "c@in.example.com crm crm"],
            deliveries.Select(item => $"{item.Recipient} {item.RouteId} {item.EndpointId}"));
        Assert.All(deliveries, item => Assert.Equal(DeliveryId.Of(Samples.Id, item.Recipient, item.RouteId, item.EndpointId), item.DeliveryId));
        Assert.All(result.Sends, send => Assert.Equal(StageQueue.Deliveries, send.Queue));
        Assert.Equal(4, result.Sends.Select(send => send.Id).Distinct().Count());
        Assert.Null(result.DeadLetterReason);
        Assert.Empty(result.Activities);
    }

    [Fact]
    public async Task Delivery_knows_only_the_recipients_of_its_own_endpoint()
    {
        var result = await _rig.RouteAsync(Samples.Inspected("a1@in.example.com", "c@in.example.com", "ab@in.example.com", "lost@in.example.com"));

        foreach (var item in result.Sends.Select(Samples.Delivery))
        {
            string[] expected = item.EndpointId == "app" ? ["a1@in.example.com", "ab@in.example.com"] : ["c@in.example.com"];
            Assert.Equal(expected, item.Message.Envelope.Recipients);
        }
    }

    [Fact]
    public async Task Running_twice_gives_equal_sends_and_one_record()
    {
        var item = Samples.Inspected("a1@in.example.com", "keep@in.example.com", "lost@in.example.com");
        var first = await _rig.RouteAsync(item);
        var second = await _rig.RouteAsync(item);

        Assert.Equal(first.Sends.Select(Describe), second.Sends.Select(Describe));
        Assert.Equal(1, _rig.State.Count(KeptRecord.Stored));
        Assert.Equal(1, _rig.State.Count(KeptRecord.Unrouted));
    }

    [Fact]
    public async Task Replay_has_ids_of_its_own_and_the_same_delivery_ids()
    {
        var first = await _rig.RouteAsync(Samples.Inspected("a1@in.example.com"));
        var replay = await _rig.RouteAsync(Samples.Inspected("a1@in.example.com") with { Run = 3 });

        Assert.NotEqual(first.Sends[0].Id, replay.Sends[0].Id);
        Assert.Equal(Samples.Delivery(first.Sends[0]).DeliveryId, Samples.Delivery(replay.Sends[0]).DeliveryId);
        Assert.Equal(3, Samples.Delivery(replay.Sends[0]).Run);
    }

    [Fact]
    public async Task Store_keeps_raw_and_writes_a_record_with_the_whole_event()
    {
        var item = Samples.Inspected("keep1@in.example.com", "keep2@in.example.com");
        var result = await _rig.RouteAsync(item);

        var entry = _rig.State.Single(KeptRecord.Stored);
        var record = JsonSerializer.Deserialize(entry.Value.Span, RecordJson.Relaxed.KeptRecord)!;
        Assert.Equal($"{Samples.Id}:keep:0", entry.Key.Id);
        Assert.Equal(Samples.Now.AddDays(30), entry.Expires);
        Assert.Equal(["keep1@in.example.com", "keep2@in.example.com"], record.Recipients);
        Assert.Equal(("stored", "keep", true), (record.Reason, record.RouteId, record.RawKept));
        Assert.Equal(Samples.Json(item), Samples.Json(record.Event));
        Assert.True(_rig.Messages.IsKept(Samples.Id));
        Assert.Equal([ActivityKind.Stored, ActivityKind.Stored], result.Activities.Select(line => line.Kind));
        Assert.Empty(result.Sends);
    }

    [Fact]
    public async Task Event_inside_a_record_is_one_that_the_event_reader_takes()
    {
        // Nulls that the event asks for must be there: a replay reads it out of the record.
        var item = Samples.Inspected("lost@in.example.com") with { Verdict = Samples.Verdict with { Spam = SpamVerdict.NotEvaluated } };
        await _rig.RouteAsync(item with { Message = item.Message with { Client = new(null, ClientSource.Unknown) } });

        using var record = JsonDocument.Parse(_rig.State.Single(KeptRecord.Unrouted).Value);
        var read = JsonSerializer.Deserialize(record.RootElement.GetProperty("event"), EventJson.Relaxed.InspectedEvent)!;
        Assert.Equal(ClientSource.Unknown, read.Message.Client.Source);
    }

    [Fact]
    public async Task Recipient_that_no_route_takes_is_recorded_kept_counted_and_told()
    {
        var result = await _rig.RouteAsync(Samples.Inspected("a1@in.example.com", "lost@in.example.com", "late@in.example.com"));

        var record = JsonSerializer.Deserialize(_rig.State.Single(KeptRecord.Unrouted).Value.Span, RecordJson.Relaxed.KeptRecord)!;
        Assert.Equal(["lost@in.example.com", "late@in.example.com"], record.Recipients);
        Assert.Equal(("unrouted", null), (record.Reason, record.RouteId));
        Assert.True(_rig.Messages.IsKept(Samples.Id));
        Assert.Equal(2, _rig.Meters.Count("gateway.pipeline.unrouted=1"));
        Assert.Equal(["lost@in.example.com", "late@in.example.com"], result.Activities.Where(line => line.Kind == ActivityKind.Unrouted).Select(line => line.Recipient));
        Assert.Single(result.Sends);
    }

    [Fact]
    public async Task Drop_leaves_a_line_and_nothing_else()
    {
        var result = await _rig.RouteAsync(Samples.Inspected("bin@in.example.com"));

        var line = Assert.Single(result.Activities);
        Assert.Equal((ActivityKind.Dropped, "bin"), (line.Kind, line.RouteId));
        Assert.Empty(result.Sends);
        Assert.False(_rig.Messages.IsKept(Samples.Id));
        Assert.Equal(0, _rig.State.Count(KeptRecord.Stored) + _rig.State.Count(KeptRecord.Unrouted));
    }

    [Fact]
    public async Task Headers_that_were_cut_are_read_from_the_content_part()
    {
        _rig.WriteContent(Samples.Content with { Headers = [new("X-Late", "yes")] });
        var item = Samples.Inspected("late@in.example.com") with { HeadersTruncated = true, Headers = [] };

        Assert.Single((await _rig.RouteAsync(item)).Sends);
        Assert.Empty((await _rig.RouteAsync(item with { HeadersTruncated = false })).Sends);
    }

    [Fact]
    public async Task Missing_content_part_is_tried_again_while_the_raw_message_is_there()
    {
        var item = Samples.Inspected("late@in.example.com") with { HeadersTruncated = true, Headers = [] };
        _rig.Messages.DeletePart(Samples.Id, MessageContent.PartName);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _rig.RouteAsync(item));

        await _rig.Messages.DeleteAsync(Samples.Id, TestContext.Current.CancellationToken);
        Assert.Equal("The raw message and its content are gone", (await _rig.RouteAsync(item)).DeadLetterReason);
    }

    [Fact]
    public async Task Without_a_configuration_it_throws_so_that_mail_waits()
    {
        using var rig = new PipelineRig();
        await Assert.ThrowsAsync<NoConfigurationException>(() => rig.RouteAsync(Samples.Inspected("a1@in.example.com")));
    }

    [Fact]
    public async Task Failing_store_is_the_drivers_to_retry()
    {
        _rig.State.Fault = new IOException("down");
        await Assert.ThrowsAsync<IOException>(() => _rig.RouteAsync(Samples.Inspected("lost@in.example.com")));
        Assert.True(_rig.Messages.IsKept(Samples.Id), "raw is kept before the record is written");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"version\":1}")]
    [InlineData("not json")]
    public async Task Body_that_is_no_event_is_dead_lettered(string body)
    {
        var result = await _rig.Route.RunAsync(System.Text.Encoding.UTF8.GetBytes(body), TestContext.Current.CancellationToken);
        Assert.Equal("Not a InspectedEvent", result.DeadLetterReason);
    }

    [Fact]
    public async Task Event_of_a_newer_version_is_dead_lettered()
    {
        var result = await _rig.RouteAsync(Samples.Inspected("a1@in.example.com") with { Version = 99 });
        Assert.Contains("version 99", result.DeadLetterReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Span_continues_the_trace_of_the_event_and_hands_it_on()
    {
        using var spans = new RecordedSpans();
        var result = await _rig.RouteAsync(Samples.Inspected("a1@in.example.com"));

        var span = Assert.Single(spans.Of("route"));
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", span.TraceId.ToHexString());
        Assert.Equal("b7ad6b7169203331", span.ParentSpanId.ToHexString());
        Assert.Equal(span.Id, Samples.Delivery(result.Sends[0]).TraceParent);
        Assert.Equal(SpanKind.Consumer, span.Kind);
    }

    [Fact]
    public async Task Most_recipients_allowed_still_make_events_under_the_limit()
    {
        // 100 recipients of the longest form; StageMessage throws over 200 KB.
        ImmutableArray<string> recipients = [.. Enumerable.Range(0, 100).Select(i => $"a{i}{new string('x', 60)}@in.example.com")];
        var result = await _rig.RouteAsync(Samples.Inspected(recipients));
        Assert.Equal(100, result.Sends.Length);
    }

    [Fact]
    public async Task Addresses_are_logged_at_debug_only()
    {
        await _rig.RouteAsync(Samples.Inspected("a1@in.example.com", "keep@in.example.com", "lost@in.example.com"));
        Assert.DoesNotContain(_rig.Logs.Lines, line => line.Level > LogLevel.Debug && line.Text.Contains('@', StringComparison.Ordinal));
    }

    private static string Describe(StageMessage send) => $"{send.Id} {send.Due} {System.Text.Encoding.UTF8.GetString(send.Body.Span)}";
}
