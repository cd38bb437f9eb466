using System.Text;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Pipeline.Delivery;
using Gateway.Server.Console;
using Gateway.Server.Receiver;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console;

namespace Gateway.Server.Tests;

/// <summary>Lines made of strangers' text.</summary>
public sealed class ConsoleTests : IDisposable
{
    private readonly StringWriter _written = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    public void Dispose() => _written.Dispose();

    public static TheoryData<string> Hostile =>
    [
        "a\r\nb", "a\nb", "a\u0085b", "a\u2028b", "a\vb\fc", "\u001b[2J\u001b[31mred", "\u009b31mred", "\u001b]0;title\u0007", "\b\b\b", "\0",
        "\u202eesrever", "\u2066isolate", "\u200fmark", "zero\u200bwidth", "\ufeffbom", "\ud800lone", "[red]x[/]", "[/]", "[[", "]", "[link=https://example.org]x[/]",
        ":skull:", ":warning: :smiling_face:", "😀👍🏽", "日本語", "%s {0} ${x}", new string('x', 100_000), new string('[', 100_000), new StringBuilder().Insert(0, "e\u0301", 500).ToString(),
    ];

    [Theory, MemberData(nameof(Hostile))]
    public void A_story_is_one_line_whatever_a_stranger_wrote(string text)
    {
        var story = new Story(Plain(), _clock);

        story.Tell(Entry(ActivityKind.Delivered) with
        {
            From = text,
            Recipient = text,
            Subject = text,
            Spam = text,
            RouteId = "all",
            EndpointId = "dev",
            HttpStatus = 200,
            Elapsed = TimeSpan.FromMilliseconds(7),
        });
        story.Tell(Entry(ActivityKind.DeadLettered) with { Subject = text, Reason = text });

        var lines = _written.ToString().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal("", lines[2]);
        Assert.EndsWith("  all → dev  delivered, 200 in 7 ms", lines[0], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.True(line.Length < 500, "too long"));
        AssertHarmless(lines[0] + lines[1]);
    }

    [Theory]
    [InlineData("[red]x[/]")]
    [InlineData("[[x]]")]
    [InlineData(":skull:")]
    [InlineData("😀 日本語")]
    public void What_is_harmless_is_shown_as_it_is(string subject)
    {
        new Story(Plain(), _clock).Tell(Entry(ActivityKind.Unrouted) with { Subject = subject });

        Assert.Contains($"\"{subject}\"", _written.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Escapes_on_a_terminal_are_ours_alone()
    {
        var console = AnsiConsole.Create(new() { Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.Standard, Out = new AnsiConsoleOutput(_written) });
        console.Profile.Width = 100_000;

        new Story(console, _clock).Tell(Entry(ActivityKind.Unrouted) with { Subject = "\u001b[31mx [red]y[/]" });

        Assert.Contains("\"\ufffd[31mx [red]y[/]\"", _written.ToString(), StringComparison.Ordinal);
        Assert.Matches("^(\u001b\\[[0-9;]*m|[^\u001b])*$", _written.ToString());
    }

    [Fact]
    public void A_line_for_each_outcome()
    {
        var story = new Story(Plain(), _clock);
        var route = Entry(ActivityKind.Received) with { RouteId = "all", EndpointId = "dev", Attempts = 1, Spam = "ham" };
        story.Tell(route);
        story.Tell(route with { Kind = ActivityKind.Inspected });
        story.Tell(route with { Kind = ActivityKind.Retrying, HttpStatus = 503, Next = _clock.GetUtcNow() + TimeSpan.FromSeconds(5) });
        story.Tell(route with { Kind = ActivityKind.Retrying, Reason = "the connection was refused", Attempts = 2, Next = _clock.GetUtcNow() + TimeSpan.FromMinutes(10) });
        story.Tell(route with { Kind = ActivityKind.Delivered, HttpStatus = 202, Elapsed = TimeSpan.FromSeconds(1.5), Attempts = 3 });
        story.Tell(route with { Kind = ActivityKind.Parked, HttpStatus = 410 });
        story.Tell(route with { Kind = ActivityKind.DeadLettered, HttpStatus = 422 });
        story.Tell(route with { Kind = ActivityKind.Stored, EndpointId = null });
        story.Tell(route with { Kind = ActivityKind.Dropped, EndpointId = null });
        story.Tell(Entry(ActivityKind.Unrouted) with { From = "", Subject = null, Spam = "spam", Octets = 3 * 1024 * 1024 });

        var told = _written.ToString().TrimEnd().Split('\n').Select(line => line["00:00:00 ".Length..]);
        const string Start = "a@example.org → b@example.org  \"hi\"  2.0 KB  ham  ";
        Assert.Equal(
            [
                Start + "all → dev  answered 503; again in 5 s",
                Start + "all → dev  the connection was refused; again in 10 min (attempt 2)",
                Start + "all → dev  delivered, 202 in 1.5 s (attempt 3)",
                Start + "all → dev  the endpoint is parked (410); waiting",
                Start + "all → dev  dead letter: answered 422",
                Start + "all  stored",
                Start + "all  dropped",
                "<> → b@example.org  (no subject)  3.0 MB  spam  no route takes it; kept as unrouted",
            ],
            told);
    }

    [Fact]
    public void A_webhook_is_shortened_and_cannot_break_out()
    {
        var items = string.Join(',', Enumerable.Range(0, 100));
        var payload = $$"""{ "text": "{{new string('x', 5000)}}", "esc": "\u001b[2J\u202e [red]a[/] :skull:", "items": [{{items}}] }""";

        new WebhookPrinter(Plain()).Show(new("dlv\u001b[31m[red]", SignatureStatus.Valid, 200, Encoding.UTF8.GetBytes(payload)));

        var written = _written.ToString();
        Assert.StartsWith("webhook dlv\ufffd[31m[red]: signature valid, ", written, StringComparison.Ordinal);
        Assert.Contains($"\"text\": \"{new string('x', 120)}… (5000 characters)\"", written, StringComparison.Ordinal);
        Assert.Contains("… and 88 more", written, StringComparison.Ordinal);
        Assert.Contains("[red]a[/] :skull:", written, StringComparison.Ordinal);
        AssertHarmless(written.Replace("\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public void A_signed_body_that_is_not_JSON_is_shown_short_and_an_unsigned_one_not_at_all()
    {
        var printer = new WebhookPrinter(Plain());
        var body = Encoding.UTF8.GetBytes("not json \u001b[31m\r\n" + new string('y', 10_000));

        printer.Show(new("a", SignatureStatus.Mismatch, 401, body));
        Assert.DoesNotContain("not json", _written.ToString(), StringComparison.Ordinal);

        printer.Show(new("a", SignatureStatus.Valid, 200, body));
        Assert.Contains("not json \ufffd[31m\ufffd\ufffdyyy", _written.ToString(), StringComparison.Ordinal);
        Assert.True(_written.ToString().Length < 2500, "not shortened");
    }

    [Fact]
    public void Deeply_nested_and_doubled_members_do_no_harm()
    {
        var printer = new WebhookPrinter(Plain());

        printer.Show(new("a", SignatureStatus.Valid, 200, Encoding.UTF8.GetBytes(new string('[', 100_000))));
        printer.Show(new("b", SignatureStatus.Valid, 200, """{ "a": 1, "a": 2 }"""u8.ToArray()));
        printer.Show(new("c", SignatureStatus.Valid, 200, []));
        printer.Show(new("d", SignatureStatus.Valid, 200, [0xff, 0xfe, 0x00]));

        Assert.Equal(4, _written.ToString().Split("signature valid").Length - 1);
    }

    [Fact]
    public async Task Stories_and_webhooks_told_at_the_same_time_do_not_mix()
    {
        var console = Terminal.Lines(TextWriter.Synchronized(_written));
        var story = new Story(console, _clock);
        var printer = new WebhookPrinter(console);
        var entry = Entry(ActivityKind.Stored) with { RouteId = "all" };

        await Parallel.ForAsync(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, (index, _) =>
        {
            story.Tell(entry);
            printer.Show(new("id", SignatureStatus.Valid, 200, "[1]"u8.ToArray()));
            return ValueTask.CompletedTask;
        });

        var text = _written.ToString();
        Assert.Equal(400, text.Split("webhook id: signature valid, 3 B, answered 200\n[\n  1\n]\n").Length - 1);
        Assert.Equal(400, text.Split("b@example.org  \"hi\"  2.0 KB  not evaluated  all  stored\n").Length - 1);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KB")]
    [InlineData(1024 * 1024, "1.0 MB")]
    public void Sizes_carry_their_unit(long octets, string text) => Assert.Equal(text, Printable.Size(octets));

    [Theory]
    [InlineData(0.0004, "0 ms")]
    [InlineData(0.9996, "1 s")]
    [InlineData(5, "5 s")]
    [InlineData(119, "119 s")]
    [InlineData(600, "10 min")]
    [InlineData(86_400, "24 h")]
    [InlineData(-3, "0 ms")]
    public void Times_carry_their_unit(double seconds, string text) => Assert.Equal(text, Printable.Time(TimeSpan.FromSeconds(seconds)));

    private static ActivityEntry Entry(ActivityKind kind) => new()
    {
        MessageId = MessageId.New(TimeProvider.System),
        At = DateTimeOffset.UnixEpoch,
        Kind = kind,
        From = "a@example.org",
        Recipient = "b@example.org",
        Subject = "hi",
        Octets = 2048,
    };

    private static void AssertHarmless(string text)
    {
        Assert.DoesNotContain(text, character => char.IsControl(character));
        Assert.DoesNotMatch(@"[\u200b\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]", text);
    }

    private IAnsiConsole Plain() => Terminal.Lines(_written);
}
