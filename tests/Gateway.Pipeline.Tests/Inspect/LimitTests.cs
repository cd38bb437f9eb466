using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Core.Events;
using Gateway.Pipeline.Inspect;

namespace Gateway.Pipeline.Tests.Inspect;

/// <summary>What is too big is cut and said to be cut; nothing is lost that fits.</summary>
public sealed class LimitTests : IDisposable
{
    private readonly InspectRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task The_event_fits_its_queue_with_the_worst_recipients_headers_and_evidence()
    {
        // Of the characters an address may have with SMTPUTF8, those outside the basic plane grow most in JSON: 4 octets to 12.
        var recipient = string.Concat(Enumerable.Repeat("😀", 60)) + "@" + string.Concat(Enumerable.Repeat("a", 13));
        Assert.Equal(254, Encoding.UTF8.GetByteCount(recipient));
        var received = InspectRun.Received() with
        {
            Evidence = [.. Enumerable.Range(0, 10).Select(i => new MethodResult { Method = "dkim", Result = "permerror", Domain = new string('d', 253), Selector = new string('s', 63) })],
        };
        received = received with { Envelope = received.Envelope with { From = recipient, Recipients = [.. Enumerable.Repeat(recipient, 200)] } };
        var fields = string.Concat(Enumerable.Range(0, 990).Select(i => $"X-{i}: {string.Concat(Enumerable.Repeat("😀", 50))}\r\n"));
        var raw = Encoding.UTF8.GetBytes($"From: a@example.org\r\nSubject: {string.Concat(Enumerable.Repeat("😀", 2000))}\r\n{fields}\r\nText.\r\n");

        var inspected = await _run.InspectAsync(raw, received); // asserts the size

        Assert.InRange(inspected.Sent.Body.Length, StageMessage.MaxBodyOctets - 2048, StageMessage.MaxBodyOctets);
        Assert.True(inspected.Event.HeadersTruncated);
        Assert.NotEmpty(inspected.Event.Headers);
        Assert.Equal(200, inspected.Event.Summary.Subject!.Length);
        Assert.Equal(200, inspected.Event.Message.Envelope.Recipients.Length);
        Assert.True(inspected.Content.Headers.Length > inspected.Event.Headers.Length);
    }

    [Fact]
    public async Task The_events_headers_are_cut_by_their_octets_of_JSON()
    {
        // Quotes double, control characters were made U+FFFD before: nothing grows more than emoji do.
        var fields = string.Concat(Enumerable.Range(0, 400).Select(i => $"X-{i}: {new string('"', 300)}\n"));
        var inspected = await _run.InspectAsync($"From: a@example.org\n{fields}\nText.\n");

        var json = JsonSerializer.SerializeToUtf8Bytes(inspected.Event, EventJson.Relaxed.InspectedEvent).Length
            - JsonSerializer.SerializeToUtf8Bytes(inspected.Event with { Headers = [] }, EventJson.Relaxed.InspectedEvent).Length;
        Assert.InRange(json, InspectedEvent.MaxHeaderOctets - 700, InspectedEvent.MaxHeaderOctets);
        Assert.True(inspected.Event.HeadersTruncated);
        Assert.False(inspected.Content.Truncated);
        Assert.Equal(401, inspected.Content.Headers.Length);
    }

    [Fact]
    public async Task An_event_that_no_session_makes_is_dead_lettered_instead_of_failing_for_ever()
    {
        _run.Store.WriteRaw(InspectRun.Id, InspectRun.Octets("From: a@example.org\n\nText.\n"));
        var received = InspectRun.Received() with { Received = new string('x', 200 * 1024) };
        var result = await _run.Stage.RunAsync(JsonSerializer.SerializeToUtf8Bytes(received, EventJson.Relaxed.ReceivedEvent), TestContext.Current.CancellationToken);

        Assert.Equal("The event is too big", result.DeadLetterReason);
    }

    [Fact]
    public async Task Fields_past_the_count_are_left_out()
    {
        var inspected = await _run.InspectAsync("From: a@example.org\n" + string.Concat(Enumerable.Repeat("X: y\n", 5000)) + "\nText.\n");

        Assert.Equal(1000, inspected.Content.Headers.Length);
        Assert.Equal("Text.\n", inspected.Content.Text);
        AssertCut(inspected, "headers_truncated");
    }

    [Fact]
    public async Task A_long_field_is_cut_and_the_message_goes_on()
    {
        var to = string.Join(",\n ", Enumerable.Range(0, 20_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"user{i}@example.com")));
        var inspected = await _run.InspectAsync($"To: {to}\nFrom: a@example.org\n\nText.\n");

        Assert.Equal(2000, inspected.Content.To.Length);
        Assert.Equal("user0@example.com", inspected.Content.To[0].Address);
        Assert.Equal("a@example.org", Assert.Single(inspected.Content.From).Address);
        Assert.Equal("Text.\n", inspected.Content.Text);
        AssertCut(inspected, "header_too_large");
    }

    [Fact]
    public async Task References_past_the_count_are_left_out()
    {
        var ids = string.Join("\n ", Enumerable.Range(0, 1500).Select(i => string.Create(CultureInfo.InvariantCulture, $"<{i}@example.com>")));
        var inspected = await _run.InspectAsync($"From: a@example.org\nDate: Tue, 24 Nov 2026 17:59:58 +0000\nReferences: {ids}\n\nText.\n");

        Assert.Equal(1000, inspected.Content.References.Length);
        AssertCut(inspected);
    }

    [Theory]
    [InlineData("a", 1024 * 1024)]
    [InlineData("é", 512 * 1024)]
    [InlineData("€", 349_525)]
    [InlineData("😀", 262_144)]
    [InlineData("a😀", 209_715)]
    public async Task Text_is_cut_at_a_character_within_its_limit(string unit, int whole)
    {
        var raw = Encoding.UTF8.GetBytes("From: a@example.org\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + string.Concat(Enumerable.Repeat(unit, 1_100_000)));
        var inspected = await _run.InspectAsync(raw);

        var expected = string.Concat(Enumerable.Repeat(unit, whole)) + (unit == "a😀" ? "a" : "");
        Assert.True(expected == inspected.Content.Text);
        AssertCut(inspected);
    }

    [Fact]
    public async Task Text_as_long_as_the_limit_is_whole()
    {
        var inspected = await _run.InspectAsync("From: a@example.org\n\n" + new string('a', 1024 * 1024));

        Assert.Equal(1024 * 1024, inspected.Content.Text!.Length);
        Assert.False(inspected.Content.Truncated);
    }

    [Theory]
    [InlineData(196_608, true)]
    [InlineData(196_609, false)]
    public async Task Attachments_are_inline_up_to_256_KiB_of_base64(int octets, bool inline)
    {
        var content = new byte[octets];
        new Random(1).NextBytes(content);
        var inspected = await _run.InspectAsync(WithAttachment(content));

        var attachment = Assert.Single(inspected.Content.Attachments);
        Assert.Equal(octets, attachment.Size);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content)), attachment.Sha256);
        Assert.Equal(inline, attachment.Content is not null);
        Assert.Equal(inline ? null : "att-0", attachment.Part);
        Assert.Equal(content, attachment.Content ?? await _run.PartAsync("att-0"));
    }

    [Fact]
    public async Task Attachments_past_the_count_are_counted_only()
    {
        var parts = string.Concat(Enumerable.Repeat("--m\nContent-Type: image/png\n\nx\n", 1500));
        var inspected = await _run.InspectAsync($"From: a@example.org\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nText.\n{parts}--m--\n");

        Assert.Equal(1000, inspected.Content.Attachments.Length);
        Assert.Equal(1500, inspected.Event.Summary.Attachments);
        AssertCut(inspected, "too_many_attachments");
    }

    [Fact]
    public async Task Parts_past_the_count_are_not_looked_at()
    {
        var inspected = await _run.InspectAsync(
            "From: a@example.org\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nText.\n" + string.Concat(Enumerable.Repeat("--m\n\n", 100_000)));

        Assert.StartsWith("Text.", inspected.Content.Text, StringComparison.Ordinal);
        AssertCut(inspected, "too_many_parts");
    }

    [Fact]
    public async Task Nesting_past_the_depth_is_an_attachment()
    {
        var nested = new StringBuilder("From: a@example.org\n");
        for (var i = 0; i < 10_000; i++)
        {
            nested.Append(CultureInfo.InvariantCulture, $"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n\nText {i}.\n--b{i}\n");
        }

        var inspected = await _run.InspectAsync(nested.ToString());

        Assert.StartsWith("Text 0.\nText 1.\n", inspected.Content.Text, StringComparison.Ordinal);
        Assert.Equal("multipart/mixed", Assert.Single(inspected.Content.Attachments).ContentType);
        AssertCut(inspected, "too_deep");
    }

    [Fact]
    public async Task A_parts_endless_header_ends_the_reading_and_keeps_what_came_before()
    {
        var inspected = await _run.InspectAsync(
            $"From: a@example.org\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nText.\n--m\nX: {new string('x', 2_000_000)}\n\nMore.\n--m--\n");

        Assert.Equal("Text.", inspected.Content.Text);
        AssertCut(inspected, "header_too_large");
    }

    [Fact]
    public void The_default_limits_are_in_their_ranges_and_a_bad_one_is_named()
    {
        var validator = new InspectOptionsValidator();

        Assert.True(validator.Validate(null, new()).Succeeded);
        Assert.Contains("MaxDepth", validator.Validate(null, new() { MaxDepth = 0 }).FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_stage_stops()
    {
        _run.Store.WriteRaw(InspectRun.Id, InspectRun.Octets("From: a@example.org\n\nText.\n"));
        var body = JsonSerializer.SerializeToUtf8Bytes(InspectRun.Received(), EventJson.Relaxed.ReceivedEvent);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _run.Stage.RunAsync(body, new CancellationToken(canceled: true)));
    }

    private static byte[] WithAttachment(byte[] content) => InspectRun.Octets(
        "From: a@example.org\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nText.\n--m\nContent-Type: application/octet-stream\n"
        + $"Content-Transfer-Encoding: base64\n\n{Convert.ToBase64String(content, Base64FormattingOptions.InsertLineBreaks)}\n--m--\n");

    private static void AssertCut(Inspected inspected, string? defect = null)
    {
        Assert.True(inspected.Content.Truncated);
        if (defect is not null)
        {
            Assert.Contains(defect, inspected.Event.Verdict.Defects);
        }
    }
}
