using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Smtp.Protocol;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp.Tests;

public sealed class ReceptionTests
{
    [Theory]
    [InlineData("open", IntakeFault.Unavailable, "451 4.3.0 ")]
    [InlineData("open", IntakeFault.Full, "452 4.3.1 ")]
    [InlineData("write", IntakeFault.Unavailable, "451 4.3.0 ")]
    [InlineData("write", IntakeFault.Full, "452 4.3.1 ")]
    [InlineData("commit", IntakeFault.Unavailable, "451 4.3.0 ")]
    [InlineData("commit", IntakeFault.Full, "452 4.3.1 ")]
    [InlineData("commit", null, "451 4.3.0 ")]
    [InlineData("write", null, "451 4.3.0 ")]
    public async Task A_fault_of_the_intake_is_a_4xx_with_its_cause_in_the_log_and_the_dialogue_in_step(string point, IntakeFault? fault, string wanted)
    {
        var logs = new CapturedLogs();
        await using var server = await TestServer.StartAsync(loggers: logs);
        Exception error = fault is { } f ? new IntakeException(f, "disk gone") : new InvalidOperationException("a bug");
        Func<CancellationToken, ValueTask> fail = _ => throw error;
        (server.Intake.OnOpen, server.Intake.OnWrite, server.Intake.OnCommit) =
            (point == "open" ? fail : null, point == "write" ? fail : null, point == "commit" ? fail : null);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.AskAsync("MAIL FROM:<>");
        await client.AskAsync("RCPT TO:<user@example.net>");
        var reply = await client.AskAsync("DATA");
        if (point != "open")
        {
            // Long enough for several chunks; each line would be a command if the rest were not drained.
            await client.SendAsync(System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("QUIT\r\n", 50_000)) + ".\r\n"));
            reply = await client.ReadReplyAsync();
        }

        Assert.StartsWith(wanted, reply, StringComparison.Ordinal);
        Assert.DoesNotContain("disk", reply, StringComparison.Ordinal);
        Assert.StartsWith("250 ", await client.AskAsync("NOOP"), StringComparison.Ordinal);
        Assert.Empty(server.Intake.Committed);
        Assert.Equal(0, server.Intake.Open);
        var entry = Assert.Single(logs.Entries, entry => entry.Level == LogLevel.Error);
        Assert.Same(error, entry.Error);
        Assert.Matches("^Session 1: [0-9a-f-]{36} ", entry.Text);
    }

    [Fact]
    public async Task What_is_accepted_beside_the_rules_is_stored_as_sent_and_the_event_says_so()
    {
        await using var server = await TestServer.StartAsync(options => options.BareLineEndings = BareLineEndings.Accept);
        await using var client = await server.ConnectAsync();
        await client.BeginDataAsync();
        Assert.StartsWith("250 2.6.0 ", await client.AskAsync("a\0b\n.c\rd\xff\r\n."), StringComparison.Ordinal);
        var (received, raw) = Assert.Single(server.Intake.Committed);
        Assert.Equal("a\0b\n.c\rd"u8.ToArray().Concat(new byte[] { 0xff, (byte)'\r', (byte)'\n' }), raw);
        Assert.Equal((raw.Length, Convert.ToHexStringLower(SHA256.HashData(raw))), (received.Octets, received.Sha256));
        Assert.Equal(["eight_bit_undeclared", "nul_octet", "bare_line_ending"], received.Defects);
    }

    [Fact]
    public async Task The_event_tells_what_the_session_knew()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.AskAsync("STARTTLS");
        Assert.True(await client.HandshakeAsync());
        await client.AskAsync("EHLO mail.client.example");
        await client.AskAsync("MAIL FROM:<\"a b\"@Client.Example> BODY=8BITMIME");
        await client.AskAsync("RCPT TO:<user@example.net>");
        await client.AskAsync("RCPT TO:<nobody@example.net>");
        await client.AskAsync("RCPT TO:<u2@EXAMPLE.net>");
        await client.AskAsync("RCPT TO:<user@Example.net>");
        await client.AskAsync("DATA");
        Assert.StartsWith("250 2.6.0 ", await client.AskAsync("..x\r\n."), StringComparison.Ordinal);
        var (received, raw) = Assert.Single(server.Intake.Committed);
        Assert.Equal(".x\r\n"u8.ToArray(), raw);
        Assert.Equal(4, received.Octets);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(raw)), received.Sha256);
        Assert.Equal("\"a b\"@client.example", received.Envelope.From);
        Assert.Equal(["user@example.net", "u2@example.net"], received.Envelope.Recipients);
        Assert.Equal(("mail.client.example", BodyType.EightBitMime, false), (received.Envelope.Helo, received.Envelope.Body, received.Envelope.SmtpUtf8));
        Assert.Equal(new ClientFacts("127.0.0.1", ClientSource.Socket), received.Client);
        Assert.Equal(new TlsFacts("TLSv1.3", received.Tls!.Cipher, "mx.example.net"), received.Tls);
        Assert.Matches("^TLS_[A-Z0-9_]+$", received.Tls.Cipher);
        Assert.StartsWith("Received: from mail.client.example ([127.0.0.1])\r\n by mx.example.net with ESMTPS\r\n", received.Received, StringComparison.Ordinal);
        Assert.DoesNotContain(" for ", received.Received, StringComparison.Ordinal);
        Assert.Contains(received.MessageId.ToString(), received.Received, StringComparison.Ordinal);
        Assert.Empty(received.Defects);
    }

    [Fact]
    public async Task The_activity_is_the_traces_parent_and_holds_no_address()
    {
        var stopped = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Gateway.Smtp",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.BeginDataAsync();
        await client.AskAsync("x\r\n.");
        await server.Server.DrainAsync(TimeSpan.FromSeconds(30));
        var received = Assert.Single(server.Intake.Committed).Event;
        var activity = Assert.Single(stopped, activity => activity.Id == received.TraceParent);
        Assert.Equal(System.Diagnostics.ActivityKind.Server, activity.Kind);
        Assert.Null(activity.ParentId);
        Assert.Equal(
            new Dictionary<string, object?> { ["gateway.message.id"] = received.MessageId.ToString(), ["gateway.message.size"] = 3L, ["smtp.code"] = 250 },
            activity.TagObjects.ToDictionary());
    }

    [Fact]
    public async Task The_moment_before_250_can_be_watched()
    {
        await using var server = await TestServer.StartAsync();
        var seen = new ConcurrentQueue<(object? Id, int Committed)>();
        using var all = DiagnosticListener.AllListeners.Subscribe(new Observer<DiagnosticListener>(listener =>
        {
            if (listener.Name == "Gateway.Smtp")
            {
                listener.Subscribe(new Observer<KeyValuePair<string, object?>>(happened =>
                {
                    if (happened.Key == "reply.sending")
                    {
                        seen.Enqueue((happened.Value, server.Intake.Committed.Count));
                    }
                }));
            }
        }));
        await using var client = await server.ConnectAsync();
        await client.BeginDataAsync();
        Assert.StartsWith("250 ", await client.AskAsync("x\r\n."), StringComparison.Ordinal);
        var id = Assert.Single(server.Intake.Committed).Event.MessageId;
        Assert.Contains((id, 1), seen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Admission_judges_the_sealed_message_before_it_is_committed(bool refuses)
    {
        var judge = new Judge(refuses ? Ruling.Refuse(new(550, new(5, 7, 1), "Policy")) : Ruling.Admit(Result("dmarc")));
        await using var server = await TestServer.StartAsync(admission: judge);
        await using var client = await server.ConnectAsync();
        await client.BeginDataAsync();
        Assert.StartsWith(refuses ? "550 5.7.1 Policy" : "250 2.6.0 ", await client.AskAsync("judged\r\n."), StringComparison.Ordinal);
        Assert.Equal("judged\r\n"u8.ToArray(), judge.Raw);
        Assert.Equal(refuses ? 0 : 1, server.Intake.Committed.Count);
        Assert.Equal(0, server.Intake.Open);
        if (!refuses)
        {
            Assert.Equal(["iprev", "spf", "dnsbl", "dmarc"], server.Intake.Committed.First().Event.Evidence.Select(result => result.Method));
        }

        Assert.StartsWith("250 ", await client.AskAsync("MAIL FROM:<>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_configuration_the_answer_is_421()
    {
        await using var server = await TestServer.StartAsync(admission: new ConfigurationAdmission(new LiveConfiguration()));
        await using var client = await server.ConnectAsync();
        Assert.StartsWith("421 4.3.2 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
    }

    [Fact]
    public async Task A_refused_connection_may_only_quit()
    {
        await using var server = await TestServer.StartAsync(admission: new Judge(Ruling.Admit()) { Connect = Ruling.Refuse(new(554, new(5, 7, 1), "Go away")) });
        await using var client = await server.ConnectAsync();
        Assert.StartsWith("554 5.7.1 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("503 5.5.1 ", await client.AskAsync("EHLO client.example"), StringComparison.Ordinal);
        Assert.StartsWith("503 5.5.1 ", await client.AskAsync("NOOP"), StringComparison.Ordinal);
        Assert.StartsWith("221 ", await client.AskAsync("QUIT"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_admission_that_throws_is_a_451()
    {
        var logs = new CapturedLogs();
        await using var server = await TestServer.StartAsync(admission: new Judge(Ruling.Admit()) { OnMail = () => throw new InvalidOperationException("a bug") }, loggers: logs);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        Assert.StartsWith("451 4.7.0 ", await client.AskAsync("MAIL FROM:<>"), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await client.AskAsync("NOOP"), StringComparison.Ordinal);
        Assert.Contains(logs.Entries, entry => entry.Error is InvalidOperationException);
    }

    [Fact]
    public async Task A_mapped_address_is_an_ipv4_address()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "no IPv6 here");
        await using var server = await TestServer.StartAsync(endpoint: new(IPAddress.IPv6Any, 0));
        await using var client = await TestClient.ConnectAsync(new(IPAddress.Loopback, server.Endpoint.Port));
        await client.BeginDataAsync();
        await client.AskAsync("x\r\n.");
        Assert.Equal("127.0.0.1", Assert.Single(server.Intake.Committed).Event.Client.Ip);
    }

    private static MethodResult Result(string method) => new() { Method = method, Result = "pass" };

    /// <summary>Has a say at each point, and evidence.</summary>
    private sealed class Judge(Ruling atTheEnd) : IAdmission
    {
        public Ruling Connect { get; init; } = Ruling.Admit(Result("iprev"));

        public Action? OnMail { get; init; }

        public byte[]? Raw { get; private set; }

        public bool JudgesMessages => true;

        public ValueTask<Ruling> ConnectAsync(ClientFacts client, CancellationToken cancel) => new(Connect);

        public ValueTask<Ruling> MailAsync(SessionFacts session, ReversePath reversePath, CancellationToken cancel)
        {
            OnMail?.Invoke();
            return new(Ruling.Admit(Result("spf")));
        }

        public ValueTask<Ruling> RcptAsync(SessionFacts session, ReversePath reversePath, ForwardPath forwardPath, CancellationToken cancel) =>
            new(Ruling.Admit(Result("dnsbl")));

        public async ValueTask<Ruling> EndOfDataAsync(ReceivedEvent message, Stream raw, CancellationToken cancel)
        {
            var copy = new MemoryStream();
            await raw.CopyToAsync(copy, cancel);
            Raw = copy.ToArray();
            return atTheEnd;
        }
    }

    private sealed class Observer<T>(Action<T> next) : IObserver<T>
    {
        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void OnNext(T value) => next(value);
    }
}
