using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Local;
using Gateway.Smtp;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Infra.Tests.Hooks;

/// <summary>The smoke test after a deployment, in every shell, against our own server and against ones that behave badly.</summary>
public class SmokeTests
{
    private const string Again = "Smoke test: no mail is taken yet; new replicas need a minute. Trying again ...\n";

    public static IEnumerable<TheoryDataRow<string, string, HookShell>> Faults(bool slow) =>
        from shell in Enum.GetValues<HookShell>()
        from fault in Bad
        let tells = shell == HookShell.Sh || fault.Script is "STARTTLS>garbage" or ".>554 5.6.0 Not that" || fault.Script.StartsWith("RCPT>550", StringComparison.Ordinal)
        where tells != slow
        select new TheoryDataRow<string, string, HookShell>(fault.Script, fault.Words, shell);

    /// <summary>Every shell.</summary>
    public static TheoryData<HookShell> Shells() => [.. Enum.GetValues<HookShell>()];

    // What is final is tried once; "… Trying again" comes first where it may be right later.
    private static readonly (string Script, string Words)[] Bad =
    [
        (">554 5.7.1 No service here", "the banner: 554 5.7.1 No service here"),
        (">close", Again + "the banner: no reply (closed, or silent for 30 s)"),
        (">421-4.3.2 Not now / 421 4.3.2 Later", Again + "the banner: 421-4.3.2 Not now / 421 4.3.2 Later"),
        ("EHLO>250-mx.in.example.com / 250 SIZE 1000", "EHLO: STARTTLS is not offered: 250-mx.in.example.com / 250 SIZE 1000"),
        ("EHLO>250-mx.in.example.com / 250 STARTTLSX", "EHLO: STARTTLS is not offered: 250-mx.in.example.com / 250 STARTTLSX"),
        ("EHLO>502 5.5.1 What?", "EHLO: 502 5.5.1 What?"),
        ("STARTTLS>454 4.7.0 No certificate", Again + "STARTTLS: 454 4.7.0 No certificate"),
        ("STARTTLS>garbage", Again + "the TLS handshake: no reply (closed, or silent for 30 s)"),
        ("TLS EHLO>close", Again + "EHLO within TLS: no reply (closed, or silent for 30 s)"),
        ("MAIL>530 5.7.0 Not you", "MAIL FROM: 530 5.7.0 Not you"),
        ("RCPT>550 5.1.1 \u001b[31mNobody\u0007 here", "RCPT TO: 550 5.1.1 ?[31mNobody? here"),
        ("RCPT>451 4.3.0 Later", Again + "RCPT TO: 451 4.3.0 Later"),
        ("DATA>554 5.5.1 No", "DATA: 554 5.5.1 No"),
        (".>451 4.3.0 The store is away", Again + "the end of the message: 451 4.3.0 The store is away"),
        (".>554 5.6.0 Not that", "the end of the message: 554 5.6.0 Not that"),
    ];

    [Theory, MemberData(nameof(Faults), false)]
    public Task A_server_that_takes_no_mail_fails_at_its_step(string script, string words, HookShell shell) => CheckFaultAsync(script, words, shell);

    [Theory, MemberData(nameof(Faults), true), Trait("Category", "slow")]
    public Task A_server_that_takes_no_mail_fails_at_its_step_in_other_shells_too(string script, string words, HookShell shell) => CheckFaultAsync(script, words, shell);

    private static async Task CheckFaultAsync(string script, string words, HookShell shell)
    {
        await using var server = new SmtpStandIn(script);

        var (result, _) = await RunAsync(shell, server.Port);

        var expected = words.StartsWith(Again, StringComparison.Ordinal) ? $"{Again}Smoke test: FAILED at {words[Again.Length..]}\n" : $"Smoke test: FAILED at {words}\n";
        Assert.Equal((1, expected, ""), (result.ExitCode, result.Output, result.Errors));
    }

    // The second is reached in the time only when the machine is not too busy, hence the longer one.
    public static IEnumerable<TheoryDataRow<string, string, int, HookShell>> Silences(bool slow) =>
        from shell in Enum.GetValues<HookShell>()
        from silence in new[] { (Script: ">silence", Step: "the banner", Seconds: 1), (Script: "RCPT>silence", Step: "RCPT TO", Seconds: 8) }
        where slow == (silence.Seconds > 1 || shell is HookShell.Bash or HookShell.Busybox)
        select new TheoryDataRow<string, string, int, HookShell>(silence.Script, silence.Step, silence.Seconds, shell);

    [Theory, MemberData(nameof(Silences), false)]
    public Task A_server_that_hangs_is_left(string script, string step, int seconds, HookShell shell) => CheckSilenceAsync(script, step, seconds, shell);

    [Theory, MemberData(nameof(Silences), true), Trait("Category", "slow")]
    public Task A_server_that_hangs_later_is_left_too(string script, string step, int seconds, HookShell shell) => CheckSilenceAsync(script, step, seconds, shell);

    private static async Task CheckSilenceAsync(string script, string step, int seconds, HookShell shell)
    {
        await using var server = new SmtpStandIn(script);

        var (result, _) = await RunAsync(shell, server.Port, ("SMOKE_RETRIES", "0"), ("SMOKE_SECONDS", seconds.ToString(CultureInfo.InvariantCulture)));

        Assert.Equal((1, $"Smoke test: FAILED at {step}: no reply (closed, or silent for {seconds} s)\n", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task A_server_that_comes_late_passes(HookShell shell)
    {
        await using var server = new SmtpStandIn(">421 4.3.2 No configuration yet", "");

        var (result, _) = await RunAsync(shell, server.Port);

        Assert.Equal((0, $"{Again}Smoke test: passed. mx.in.example.com took a mail for postmaster@in.example.com over TLSv1.3: 250 2.6.0 Accepted\n", ""), (result.ExitCode, result.Output, result.Errors));
        Assert.Equal("mx.in.example.com", server.ServerName);
    }

    // More tries would take longer than a hook is waited for.
    [Theory]
    [InlineData(HookShell.Sh, "")]
    [InlineData(HookShell.Sh, "true")]
    [InlineData(HookShell.Bash, "")]
    [InlineData(HookShell.Busybox, "")]
    [InlineData(HookShell.Pwsh, "true")]
    public async Task Where_no_connection_can_be_made_it_is_tried_twice_and_skipped(HookShell shell, string required)
    {
        var (result, port) = await RunAsync(shell, ClosedPort(), ("SMOKE_REQUIRED", required), ("SMOKE_RETRIES", "9999"), ("HOOK_RETRY_SECONDS", "1"));

        var expected = Again + Skipped(port);
        Assert.Equal((required == "true" ? 1 : 0, required == "true" ? expected + "  SMOKE_REQUIRED is true, so this counts as a failure.\n" : expected, ""), (result.ExitCode, result.Output, result.Errors));
    }

    // What most homes do with port 25: no answer at all. A listener whose queue is full gives none either.
    [Theory, MemberData(nameof(Shells))]
    public async Task Where_the_network_swallows_the_connection_it_is_skipped(HookShell shell)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other systems refuse when a queue is full");
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var waiting = new List<Socket>();
        for (var i = 0; i < 4; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            waiting.Add(socket);
            Assert.Throws<SocketException>(() => socket.Connect(listener.LocalEndPoint!)); // would block
        }

        var (result, port) = await RunAsync(shell, ((IPEndPoint)listener.LocalEndPoint!).Port, ("SMOKE_RETRIES", "0"), ("SMOKE_SECONDS", "1"));

        waiting.ForEach(socket => socket.Dispose());
        Assert.Equal((0, Skipped(port), ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Fact]
    public async Task Without_openssl_a_shell_skips_it()
    {
        using var sandbox = new HookSandbox("openssl");
        var result = await sandbox.RunAsync(HookShell.Sh, "postdeploy", Settings(25));
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("Smoke test: skipped. openssl is not here", result.Output, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task Before_anything_is_provisioned_it_is_skipped(HookShell shell)
    {
        using var sandbox = new HookSandbox();
        var result = await sandbox.RunAsync(shell, "postdeploy", new Dictionary<string, string>(StringComparer.Ordinal));
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.StartsWith("Smoke test: skipped. MX_ADDRESS, MX_HOST or MAIL_DOMAINS is not set", result.Output, StringComparison.Ordinal);
    }

    // With the configuration that postprovision wrote for the same domains.
    [Theory, MemberData(nameof(Shells))]
    public async Task Our_own_server_takes_the_mail_and_stores_it(HookShell shell)
    {
        using var sandbox = new HookSandbox();
        var settings = Settings(0);
        Assert.Equal(0, (await sandbox.RunAsync(shell, "postprovision", settings)).ExitCode);
        using var directory = new TestDirectory();
        await using var gateway = await LocalGateway.StartAsync(
            new()
            {
                DataDirectory = directory.Data,
                ConfigurationPath = directory.Write("gateway.json", sandbox.Given("gateway.json")!),
                SmtpListeners = [new(ListenerKind.Mx, new(IPAddress.Loopback, 0))],
                HttpEndpoint = new(IPAddress.Loopback, 0),
                Smtp = new() { Hostname = "mx.in.example.com" },
            },
            TestContext.Current.CancellationToken);
        var stored = new TaskCompletionSource<ActivityEntry>(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Activity.Happened += entry =>
        {
            if (entry.Kind == ActivityKind.Stored)
            {
                stored.TrySetResult(entry);
            }
        };

        settings["SMOKE_PORT"] = gateway.SmtpEndpoint.Port.ToString(CultureInfo.InvariantCulture);
        var result = await sandbox.RunAsync(shell, "postdeploy", settings);

        Assert.Equal((0, "Smoke test: passed. mx.in.example.com took a mail for postmaster@in.example.com over TLSv1.3: 250 2.6.0 Message accepted\n", ""), (result.ExitCode, result.Output, result.Errors));
        Assert.Empty(sandbox.Left);
        var entry = await stored.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(("", "postmaster@in.example.com", "Smoke test of the mail gateway after a deployment"), (entry.From, entry.Recipient, entry.Subject));
        Assert.Equal(Mail, await ReadAsync(gateway, entry.MessageId));
    }

    // What a mail program would show. Date and Message-ID differ from run to run; here they are only named.
    private const string Mail = """
        From: Mail gateway smoke test <smoke-test@mx.in.example.com>
        To: postmaster@in.example.com
        Subject: Smoke test of the mail gateway after a deployment
        Date:
        Message-ID:
        Auto-Submitted: auto-generated
        MIME-Version: 1.0
        Content-Type: text/plain; charset=us-ascii

        Sent by infra/hooks/postdeploy to see that mail is taken. There is nothing to do.

        """;

    private static async Task<string> ReadAsync(LocalGateway gateway, MessageId id)
    {
        await using var raw = await gateway.Services.GetRequiredService<IMessageStore>().OpenRawAsync(id, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(raw!);
        var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        var date = Regex.Match(text, "^Date: (.*)\r$", RegexOptions.Multiline).Groups[1].Value;
        Assert.True(DateTimeOffset.TryParseExact(date, "ddd, dd MMM yyyy HH:mm:ss zz00", CultureInfo.InvariantCulture, DateTimeStyles.None, out _), date);
        Assert.Matches(@"\r\nMessage-ID: <smoke-test\.[0-9]{14}\.[0-9]+@mx\.in\.example\.com>\r\n", text);
        var mail = Regex.Replace(text[text.IndexOf("From: Mail gateway", StringComparison.Ordinal)..], "^(Date|Message-ID): .*\r$", "$1:\r", RegexOptions.Multiline);
        Assert.DoesNotContain('\n', mail.Replace("\r\n", "", StringComparison.Ordinal));
        return mail.Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    private static async Task<(EndedProcess Result, int Port)> RunAsync(HookShell shell, int port, params (string Name, string Value)[] changes)
    {
        using var sandbox = new HookSandbox();
        var settings = Settings(port);
        foreach (var (name, value) in changes)
        {
            settings[name] = value;
        }

        var result = await sandbox.RunAsync(shell, "postdeploy", settings);
        Assert.Empty(sandbox.Left);
        Assert.Empty(sandbox.Calls);
        return (result, port);
    }

    private static Dictionary<string, string> Settings(int port) => new(StringComparer.Ordinal)
    {
        ["MAIL_DOMAINS"] = " In.example.com, other.example",
        ["MX_HOST"] = "mx.in.example.com",
        ["MX_ADDRESS"] = "127.0.0.1",
        ["DNS_RECORDS"] = """[{"name":"mx.in.example.com.","type":"A","ttl":300,"value":"127.0.0.1","purpose":"the gateway","optional":false}]""",
        ["STORAGE_ACCOUNT_NAME"] = "stmail",
        ["CONFIGURATION_CONTAINER"] = "config",
        ["KEY_VAULT_NAME"] = "kv-mail",
        ["SMOKE_PORT"] = port.ToString(CultureInfo.InvariantCulture),
        ["SMOKE_SECONDS"] = "30", // none is waited for but where a test says so
        ["SMOKE_RETRIES"] = "1",
        ["HOOK_RETRY_SECONDS"] = "0",
    };

    private static string Skipped(int port) => $"""
        Smoke test: skipped. Cannot connect to 127.0.0.1 port {port} from here: most homes and many CI systems block it, or nothing listens there.
          To test from elsewhere: openssl s_client -starttls smtp -crlf -connect 127.0.0.1:{port} -servername mx.in.example.com

        """.ReplaceLineEndings("\n");

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
