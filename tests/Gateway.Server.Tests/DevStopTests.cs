using System.Net;

namespace Gateway.Server.Tests;

/// <summary>How `gateway dev` ends.</summary>
public sealed class DevStopTests : IDisposable
{
    private const string Stopping = "Stopping: no new connections";

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_message_in_flight_is_finished_and_an_idle_session_told(string signal)
    {
        SkipIfIgnored(signal);
        await using var dev = await GatewayProcess.DevAsync(_directory.Data);
        await using var idle = await SmtpDialogue.OpenAsync(dev.Smtp);
        await using var busy = await SmtpDialogue.OpenAsync(dev.Smtp);
        await busy.BeginMessageAsync();

        await dev.SignalAsync(signal);
        Assert.StartsWith("421 4.3.2", await idle.ReplyAsync(), StringComparison.Ordinal);
        Assert.Null(await idle.ReplyAsync());
        Assert.StartsWith("250", await busy.SayAsync("Subject: late\r\n\r\nhello\r\n."), StringComparison.Ordinal);
        Assert.StartsWith("421 4.3.2", await busy.ReplyAsync(), StringComparison.Ordinal);
        Assert.Null(await busy.ReplyAsync());

        Assert.Equal(0, await dev.ExitAsync());
        Assert.Contains(Stopping, dev.Output, StringComparison.Ordinal);
        Assert.Equal("", dev.Errors);
    }

    [Fact]
    public async Task What_was_answered_250_at_the_last_moment_is_delivered_by_the_next_run()
    {
        using var deaf = Hooks.Deaf();
        await using (var dev = await GatewayProcess.DevAsync(_directory.Data, "--webhook", deaf.Url()))
        {
            await using var client = await SmtpDialogue.OpenAsync(dev.Smtp);
            await client.BeginMessageAsync();
            await dev.SignalAsync("TERM");
            Assert.StartsWith("250", await client.SayAsync("Subject: late\r\n\r\nhello\r\n."), StringComparison.Ordinal);
            Assert.Equal(0, await dev.ExitAsync());
        }

        await using var again = await GatewayProcess.DevAsync(_directory.Data);
        Assert.Contains("\"late\"", await again.OutputLineAsync("delivered, 200"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_signal_ends_it_at_once()
    {
        SkipIfIgnored("INT");
        await using var dev = await GatewayProcess.DevAsync(_directory.Data);
        await using var busy = await SmtpDialogue.OpenAsync(dev.Smtp);
        await busy.BeginMessageAsync();

        await dev.SignalAsync("INT");
        await dev.OutputLineAsync(Stopping);
        await dev.SignalAsync("INT");

        Assert.Equal(128 + 2, await dev.ExitAsync());
    }

    [Fact]
    public async Task Probes_tell_alive_from_ready()
    {
        await using var dev = await GatewayProcess.DevAsync(_directory.Data);
        using var http = new HttpClient { BaseAddress = dev.Http };

        Assert.Equal((HttpStatusCode.OK, "live\n"), await GetAsync(http, "healthz/live"));
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await GetAsync(http, "healthz/ready"));

        await using var busy = await SmtpDialogue.OpenAsync(dev.Smtp);
        await busy.BeginMessageAsync();
        await dev.SignalAsync("TERM");
        await dev.OutputLineAsync(Stopping);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "not ready: shutting down\n"), await GetAsync(http, "healthz/ready"));
        Assert.Equal((HttpStatusCode.OK, "live\n"), await GetAsync(http, "healthz/live"));
    }

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Send_tells_what_it_had_done_when_it_is_stopped()
    {
        using var deaf = Hooks.Deaf();
        await using var dev = await GatewayProcess.DevAsync(_directory.Data, "--webhook", deaf.Url(), "--log-level", "none");
        await using var send = GatewayProcess.Start("send", "--server", $"{dev.Smtp}", "--repeat", "1000000");
        await dev.OutputLineAsync("again in");

        await send.SignalAsync("TERM");

        Assert.Equal(1, await send.ExitAsync());
        Assert.Matches(@"^\d+ messages? sent in ", send.Output);
        Assert.Matches(@"^\d+ not sent: stopped before that\n$", send.Errors);
    }

    /// <summary>A shell starts what it puts into the background with SIGINT ignored, and children inherit that.</summary>
    private static void SkipIfIgnored(string signal)
    {
        const int Interrupt = 2;
        if (signal == "INT" && OperatingSystem.IsLinux())
        {
            var ignored = File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)).Split('\t')[1];
            Assert.SkipWhen((Convert.ToUInt64(ignored, 16) & (1UL << (Interrupt - 1))) != 0, "SIGINT is ignored here: the tests run in a shell's background");
        }
    }
}
