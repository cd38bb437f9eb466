using System.Security.Cryptography;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>SIGTERM to the real program: what is under way is finished, nobody is left without an answer, and nothing is left over.</summary>
[Collection(nameof(CrashTests))]
public sealed class ShutdownTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    [Theory]
    [InlineData(2_000)]
    [InlineData(300_000)]
    public async Task A_message_in_flight_is_taken_and_then_the_session_ends(int octets)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        var cancel = TestContext.Current.CancellationToken;
        await using var receiver = await RecordingReceiver.StartAsync(cancel);
        using var site = new DataSite(receiver.Url);
        receiver.Trust(site.Secret);
        var message = LoadMessage.Create(1, octets, new Random(1));

        await using (var gateway = await GatewayProcess.StartGatewayAsync(site.DevArguments(), cancel))
        {
            using var idle = new SmtpDialogue();
            await idle.OpenAsync(gateway.SmtpEndpoint, cancel);
            using var dialogue = new SmtpDialogue();
            await dialogue.OpenAsync(gateway.SmtpEndpoint, cancel);
            await dialogue.BeginDataAsync(message.Recipients, cancel);
            await dialogue.SendAsync(message.Stuffed.AsMemory(0, message.Stuffed.Length / 2), cancel);
            gateway.Signal(GatewayProcess.Sigterm);
            Assert.StartsWith("421 4.3.2 ", await idle.ReadReplyAsync(cancel)); // so by now it drains
            await AssertTakesNoMoreAsync(gateway, cancel);

            await dialogue.SendAsync(message.Stuffed.AsMemory(message.Stuffed.Length / 2), cancel);
            Assert.StartsWith("250 2.6.0 ", await dialogue.ReadReplyAsync(cancel));
            Assert.StartsWith("421 4.3.2 ", await dialogue.ReadReplyAsync(cancel));
            Assert.Null(await dialogue.ReadReplyAsync(cancel));
            Assert.Equal(0, await gateway.ExitAsync(Limit, cancel));
            Assert.Empty(gateway.Errors);
        }

        Assert.False(File.Exists(site.Database + "-wal"), "The database's log was not written back");
        await AssertNothingIsLeftOverAsync(site, receiver, message, cancel);
    }

    [Fact]
    public async Task Idle_sessions_are_told_and_the_program_ends()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        var cancel = TestContext.Current.CancellationToken;
        using var site = new DataSite("http://127.0.0.1:9");
        await using var gateway = await GatewayProcess.StartGatewayAsync(site.DevArguments(), cancel);
        var dialogues = Enumerable.Range(0, 10).Select(_ => new SmtpDialogue()).ToList();
        try
        {
            foreach (var dialogue in dialogues)
            {
                await dialogue.OpenAsync(gateway.SmtpEndpoint, cancel);
            }

            gateway.Signal(GatewayProcess.Sigterm);

            foreach (var dialogue in dialogues)
            {
                Assert.StartsWith("421 4.3.2 ", await dialogue.ReadReplyAsync(cancel));
                Assert.Null(await dialogue.ReadReplyAsync(cancel));
            }

            Assert.Equal(0, await gateway.ExitAsync(Limit, cancel));
            Assert.Empty(gateway.Errors);
        }
        finally
        {
            dialogues.ForEach(dialogue => dialogue.Dispose());
        }
    }

    [Fact]
    public async Task A_second_sigterm_does_not_wait_for_a_slow_client()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        var cancel = TestContext.Current.CancellationToken;
        using var site = new DataSite("http://127.0.0.1:9");
        await using var gateway = await GatewayProcess.StartGatewayAsync(site.DevArguments(), cancel);
        using var idle = new SmtpDialogue();
        await idle.OpenAsync(gateway.SmtpEndpoint, cancel);
        using var slow = new SmtpDialogue();
        await slow.OpenAsync(gateway.SmtpEndpoint, cancel);
        await slow.BeginDataAsync([DataSite.MailboxOf(0)], cancel);

        gateway.Signal(GatewayProcess.Sigterm);
        Assert.StartsWith("421 4.3.2 ", await idle.ReadReplyAsync(cancel)); // the first one is being obeyed
        gateway.Signal(GatewayProcess.Sigterm);

        Assert.Equal(128 + GatewayProcess.Sigterm, await gateway.ExitAsync(Limit / 4, cancel)); // a drain would wait 30 s
    }

    /// <summary>The web server inside brings a host that would catch signals of its own; what nobody handles must do what it always does.</summary>
    [Fact]
    public async Task A_signal_that_nobody_handles_ends_the_program()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGQUIT");
        var cancel = TestContext.Current.CancellationToken;
        using var site = new DataSite("http://127.0.0.1:9");
        await using var gateway = await GatewayProcess.StartGatewayAsync(site.DevArguments(), cancel);

        gateway.Signal(GatewayProcess.Sigquit);

        Assert.NotNull(await gateway.ExitAsync(Limit / 4, cancel));
    }

    /// <summary>A new client is refused by the system or told 421; it never gets a greeting.</summary>
    private static async Task AssertTakesNoMoreAsync(GatewayProcess gateway, CancellationToken cancel)
    {
        using var late = new SmtpDialogue();
        await Assert.ThrowsAnyAsync<Exception>(() => late.OpenAsync(gateway.SmtpEndpoint, cancel));
    }

    /// <summary>The next start sweeps no file and takes up no work that was cut off, and the message is delivered once with its octets.</summary>
    private static async Task AssertNothingIsLeftOverAsync(DataSite site, RecordingReceiver receiver, LoadMessage message, CancellationToken cancel)
    {
        await using var next = await GatewayProcess.StartGatewayAsync(site.DevArguments("--log-level", "Information"), cancel);
        Assert.True(await site.DrainsWithinAsync(Limit, cancel));
        var delivery = Assert.Single(receiver.Deliveries.Values);
        Assert.Equal((message.Sha256, 1), (delivery.Sha256, delivery.Accepted));
        using var client = new HttpClient { BaseAddress = next.HttpUrl };
        var raw = await client.GetByteArrayAsync(delivery.RawUrl!.PathAndQuery, cancel);
        Assert.Equal(message.Sha256, Convert.ToHexStringLower(SHA256.HashData(raw)));

        next.Signal(GatewayProcess.Sigterm);
        Assert.Equal(0, await next.ExitAsync(Limit, cancel));
        Assert.DoesNotContain(next.Errors, line => line.Contains("unfinished files", StringComparison.Ordinal) || line.Contains("last run ended", StringComparison.Ordinal));
    }
}
