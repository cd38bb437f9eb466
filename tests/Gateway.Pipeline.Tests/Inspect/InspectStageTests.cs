using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using Gateway.Core.Events;
using ActivityKind = Gateway.Core.Events.ActivityKind;

namespace Gateway.Pipeline.Tests.Inspect;

/// <summary>What the stage does with its event; what is in messages: <see cref="MessageCaseTests"/>.</summary>
public sealed class InspectStageTests : IDisposable
{
    private readonly InspectRun _run = new();

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"version\":2}")]
    [InlineData("{\"messageId\":5}")]
    public async Task What_is_no_received_event_is_dead_lettered(string body)
    {
        var result = await _run.Stage.RunAsync(Encoding.UTF8.GetBytes(body), TestContext.Current.CancellationToken);

        Assert.NotNull(result.DeadLetterReason);
        Assert.Empty(result.Sends);
    }

    [Fact]
    public async Task An_event_of_a_newer_version_is_dead_lettered()
    {
        var result = await RunAsync(InspectRun.Received() with { Version = ReceivedEvent.CurrentVersion + 1 });

        Assert.Contains("version 2", result.DeadLetterReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_is_gone_is_dead_lettered()
    {
        var result = await RunAsync(InspectRun.Received());

        Assert.Equal("The raw message is gone", result.DeadLetterReason);
        Assert.Empty(_run.Store.PartNames(InspectRun.Id));
    }

    [Fact]
    public async Task Inspecting_twice_writes_the_same_and_sends_the_same_id()
    {
        var raw = RichMessage();
        var first = await _run.InspectAsync(raw);
        var parts = _run.Store.PartNames(InspectRun.Id).ToList();
        var second = await _run.InspectAsync(InspectRun.Received(raw.Length) with { Send = 3 });

        Assert.Equal("0193f1c2-0000-7000-8000-000000000001:inspected:0:0", first.Sent.Id);
        Assert.Equal(first.Sent.Id, second.Sent.Id);
        Assert.Equal(first.ContentJson, second.ContentJson);
        Assert.Equal(parts, _run.Store.PartNames(InspectRun.Id));
    }

    [Fact]
    public async Task The_story_begins_with_received_and_inspected()
    {
        var inspected = await _run.InspectAsync("From: a@example.org\nSubject: Hi\n\nText.\n");

        Assert.Equal([ActivityKind.Received, ActivityKind.Inspected], inspected.Result.Activities.Select(entry => entry.Kind));
        Assert.Equal(InspectRun.ReceivedAt, inspected.Result.Activities[0].At);
        Assert.Equal(InspectRun.ReceivedAt.AddSeconds(1), inspected.Result.Activities[1].At);
        Assert.All(inspected.Result.Activities, entry => Assert.Equal(("alice@example.org", "Hi"), (entry.From, entry.Subject)));
        Assert.Equal("not_evaluated", inspected.Result.Activities[1].Spam);
    }

    [Fact]
    public async Task Evidence_of_the_session_is_taken_over_and_the_rest_is_not_evaluated()
    {
        _run.Store.WriteRaw(InspectRun.Id, InspectRun.Octets("From: a@EXAMPLE.org\n\nText.\n"));
        var spf = new MethodResult { Method = "spf", Result = "pass", Domain = "example.org" };
        var dkim = new MethodResult { Method = "dkim", Result = "fail", Domain = "example.org", Selector = "s1" };
        var inspected = await _run.InspectAsync(InspectRun.Received() with { Evidence = [spf, dkim], Defects = ["eight_bit_undeclared"] });

        var verdict = inspected.Event.Verdict;
        Assert.Equal(spf, verdict.Authentication.Spf);
        Assert.Equal([dkim], verdict.Authentication.Dkim);
        Assert.Equal("not_evaluated", verdict.Authentication.Dmarc.Result);
        Assert.Equal("not_evaluated", verdict.Authentication.Iprev.Result);
        Assert.Equal(new("example.org", false, null), verdict.Sender);
        Assert.Equal(["eight_bit_undeclared", "missing_date"], verdict.Defects);
    }

    [Fact]
    public async Task Without_the_clients_address_the_reason_says_so()
    {
        _run.Store.WriteRaw(InspectRun.Id, InspectRun.Octets("From: a@example.org\n\nText.\n"));
        var inspected = await _run.InspectAsync(InspectRun.Received() with { Client = new(null, ClientSource.Unknown) });

        Assert.Equal("The client's address is unknown", inspected.Event.Verdict.Authentication.Spf.Reason);
        Assert.NotEqual("The client's address is unknown", inspected.Event.Verdict.Authentication.Dmarc.Reason);
    }

    [Theory]
    [InlineData("Auto-Submitted: auto-generated", true)]
    [InlineData("Auto-Submitted: No", false)]
    [InlineData("Precedence: BULK", true)]
    [InlineData("Precedence: first-class", false)]
    [InlineData("X-Auto-Response-Suppress: OOF, AutoReply", true)]
    [InlineData("X-Auto-Response-Suppress: None", false)]
    [InlineData("List-Unsubscribe: <mailto:leave@example.org>", true)]
    [InlineData("Content-Type: multipart/report; boundary=b", true)]
    [InlineData("X-Other: yes", false)]
    public async Task Automated_mail_is_marked(string field, bool automated)
    {
        var inspected = await _run.InspectAsync($"From: a@example.org\n{field}\n\n--b\n\nText.\n--b--\n");

        Assert.Equal(automated, inspected.Event.Verdict.Automated);
    }

    [Fact]
    public async Task The_null_reverse_path_is_automated()
    {
        _run.Store.WriteRaw(InspectRun.Id, InspectRun.Octets("From: a@example.org\n\nText.\n"));
        var received = InspectRun.Received();
        var inspected = await _run.InspectAsync(received with { Envelope = received.Envelope with { From = "" } });

        Assert.True(inspected.Event.Verdict.Automated);
    }

    [Theory]
    [InlineData("a@Bücher.example", "xn--bcher-kva.example")]
    [InlineData("a@XN--BCHER-KVA.example", "xn--bcher-kva.example")]
    [InlineData("a@[192.0.2.1]", null)]
    [InlineData("a", null)]
    public async Task The_sender_domain_has_one_form(string address, string? domain)
    {
        var inspected = await _run.InspectAsync(Encoding.UTF8.GetBytes($"From: <{address}>\r\n\r\nText.\r\n"));

        Assert.Equal(domain, inspected.Event.Verdict.Sender.Domain);
    }

    [Fact]
    public async Task The_trace_goes_on_from_the_transaction()
    {
        const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        _run.Store.WriteRaw(InspectRun.Id, InspectRun.Octets("From: a@example.org\n\nText.\n"));
        var received = InspectRun.Received() with { TraceParent = Parent };
        using (var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Gateway.Pipeline",
            Sample = (ref ActivityCreationOptions<ActivityContext> asked) => // only this test's, others run beside it
                asked.Parent.SpanId.ToHexString() == "b7ad6b7169203331" ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
        })
        {
            ActivitySource.AddActivityListener(listener);
            var traced = (await _run.InspectAsync(received)).Event.TraceParent;

            Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", traced, StringComparison.Ordinal);
            Assert.NotEqual(Parent, traced);
        }
    }

    [Fact]
    public async Task Messages_and_defects_are_counted()
    {
        var counted = new List<(string, object?)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == _run.MeterFactory)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => counted.Add((instrument.Name, tags[0].Value)));
        listener.Start();

        await _run.InspectAsync("Subject: x\n\nText.\n");

        Assert.Equal(
            [("gateway.inspect.messages", "whole"), ("gateway.inspect.defects", "missing_from"), ("gateway.inspect.defects", "missing_date")],
            counted);
    }

    [Fact]
    public async Task A_store_that_fails_in_the_middle_is_no_fault_of_the_message()
    {
        _run.Store.WriteRaw(InspectRun.Id, InspectRun.Octets("From: a@example.org\n\n" + new string('x', 100_000)));
        _run.Store.RawFailsAt = 50_000;

        await Assert.ThrowsAsync<IOException>(() => RunAsync(InspectRun.Received()));
        Assert.Empty(_run.Store.PartNames(InspectRun.Id));
    }

    [Fact]
    public async Task The_event_of_a_rich_message_is_the_golden_one()
    {
        var inspected = await _run.InspectAsync(RichMessage());

        await Expectation.CheckAsync("inspected-event.golden", Encoding.UTF8.GetString(inspected.Sent.Body.Span) + "\n");
    }

    private static byte[] RichMessage() =>
        InspectRun.Octets(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Inspect", "Messages", "nested.eml"), Encoding.Latin1));

    private Task<StageResult> RunAsync(ReceivedEvent received) =>
        _run.Stage.RunAsync(JsonSerializer.SerializeToUtf8Bytes(received, EventJson.Relaxed.ReceivedEvent), TestContext.Current.CancellationToken);
}
