using System.Net.Sockets;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Events;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests;

public sealed class TimeoutTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task An_idle_client_is_let_go_after_five_minutes_and_not_before()
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        _clock.Advance(TimeSpan.FromSeconds(299));
        Assert.StartsWith("250 ", await client.AskAsync("NOOP"), StringComparison.Ordinal);
        Assert.StartsWith("421 4.4.2 ", await _clock.PassUntilAsync(client.ReadReplyAsync()), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
    }

    [Fact]
    public async Task A_command_that_drips_in_has_no_more_time_than_another()
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        var reply = client.ReadReplyAsync();
        var began = _clock.GetUtcNow();
        await DripAsync(client, reply, "N"u8.ToArray());
        Assert.StartsWith("421 4.4.2 ", await reply, StringComparison.Ordinal);
        Assert.InRange(_clock.GetUtcNow() - began, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30));
    }

    [Fact]
    public async Task A_message_that_stops_is_given_up_after_three_minutes()
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendLineAsync("Subject: half");
        _clock.Advance(TimeSpan.FromSeconds(179));
        Assert.StartsWith("421 4.4.2 ", await _clock.PassUntilAsync(client.ReadReplyAsync()), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
        Assert.Empty(server.Intake.Committed);
        Assert.Equal(0, server.Intake.Open);
    }

    [Fact]
    public async Task A_message_that_drips_in_is_given_up_in_the_end()
    {
        await using var server = await TestServer.StartAsync(options => options.MaxTransactionDuration = TimeSpan.FromMinutes(20), clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.BeginDataAsync();
        var reply = client.ReadReplyAsync();
        await DripAsync(client, reply, "x\r\n"u8.ToArray());
        Assert.StartsWith("421 4.4.2 ", await reply, StringComparison.Ordinal);
        Assert.Empty(server.Intake.Committed);
    }

    [Fact]
    public async Task A_client_that_drips_on_after_the_last_reply_is_cut_within_seconds()
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.SendAsync("NOOP\n"u8.ToArray());
        Assert.StartsWith("521 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        for (var seconds = 0; server.Server.Connections > 0; seconds++)
        {
            Assert.True(seconds < 60, "The connection is still held after a minute");
            await client.SendAsync("x"u8.ToArray());
            _clock.Advance(TimeSpan.FromSeconds(1));
            await FakeTime.GiveWayAsync();
        }
    }

    [Fact]
    public async Task A_client_that_only_says_noop_is_let_go_in_the_end()
    {
        await using var server = await TestServer.StartAsync(
            options => (options.MaxTransactionDuration, options.MaxCommands) = (TimeSpan.FromMinutes(20), 100_000), clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        var reply = "250";
        for (var minute = 0; minute < 30 && reply.StartsWith("250", StringComparison.Ordinal); minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            reply = await client.AskAsync("NOOP");
        }

        Assert.StartsWith("421 4.4.2 ", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_that_does_not_come_closes_the_connection()
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        Assert.StartsWith("220 2.0.0 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await _clock.PassUntilAsync(client.ReadLineAsync()));
    }

    [Fact]
    public async Task A_client_that_takes_no_replies_is_cut()
    {
        await using var server = await TestServer.StartAsync(options => options.MaxCommands = 100_000, clock: _clock);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(server.Endpoint, TestContext.Current.CancellationToken);
        await socket.ReceiveAsync(new byte[512], TestContext.Current.CancellationToken); // the greeting: it is in
        var commands = new byte[6 * 90_000];
        for (var i = 0; i < commands.Length; i += 6)
        {
            "HELP\r\n"u8.CopyTo(commands.AsSpan(i));
        }

        var sending = socket.SendAsync(commands, TestContext.Current.CancellationToken).AsTask();
        await _clock.PassUntilAsync(() => server.Server.Connections == 0);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await sending;
            while (await socket.ReceiveAsync(new byte[65536], TestContext.Current.CancellationToken) > 0)
            {
            }

            throw new SocketException((int)SocketError.Disconnecting); // it was closed before all was sent
        });
    }

    [Theory]
    [InlineData("", MissedAdmission.TryAgain, "421 4.3.2 ", 0)]
    [InlineData("MAIL", MissedAdmission.TryAgain, "451 4.7.0 ", 0)]
    [InlineData("RCPT", MissedAdmission.TryAgain, "451 4.7.0 ", 0)]
    [InlineData("DATA", MissedAdmission.TryAgain, "451 4.7.0 ", 0)]
    [InlineData("", MissedAdmission.GoOn, "220 ", 1)]
    [InlineData("MAIL", MissedAdmission.GoOn, "250 2.1.0 ", 1)]
    [InlineData("RCPT", MissedAdmission.GoOn, "451 4.7.0 ", 0)]
    [InlineData("DATA", MissedAdmission.GoOn, "250 2.6.0 ", 1)]
    public async Task Admission_that_does_not_answer_is_as_the_options_say(string hanging, MissedAdmission missed, string wanted, int messages)
    {
        await using var server = await TestServer.StartAsync(options => options.MissedAdmission = missed, new Hanging(hanging), _clock);
        await using var client = await server.ConnectAsync();
        (string At, string Command, string Usual)[] dialogue =
        [
            ("EHLO", "EHLO client.example", "250"),
            ("MAIL", "MAIL FROM:<>", "250 "),
            ("RCPT", "RCPT TO:<user@example.net>", "250 "),
            ("354", "DATA", "354 "),
            ("DATA", "x\r\n.", "250 "),
        ];
        var reply = await _clock.PassUntilAsync(client.ReadReplyAsync());
        Assert.StartsWith(hanging.Length == 0 ? wanted : "220 ", reply, StringComparison.Ordinal);
        foreach (var (at, command, usual) in dialogue.TakeWhile(_ => reply[0] is '2' or '3'))
        {
            reply = await _clock.PassUntilAsync(client.AskAsync(command));
            Assert.StartsWith(at == hanging ? wanted : usual, reply, StringComparison.Ordinal);
        }

        Assert.Equal(messages, server.Intake.Committed.Count);
        if (hanging.Length > 0)
        {
            Assert.StartsWith("250 ", await client.AskAsync("NOOP"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("open")]
    [InlineData("write")]
    [InlineData("commit")]
    public async Task An_intake_that_hangs_is_a_451_and_the_session_goes_on(string point)
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        Func<CancellationToken, ValueTask> hang = async cancel => await Task.Delay(Timeout.Infinite, cancel);
        (server.Intake.OnOpen, server.Intake.OnWrite, server.Intake.OnCommit) =
            (point == "open" ? hang : null, point == "write" ? hang : null, point == "commit" ? hang : null);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.AskAsync("MAIL FROM:<>");
        await client.AskAsync("RCPT TO:<user@example.net>");
        var reply = await _clock.PassUntilAsync(client.AskAsync("DATA"));
        if (point != "open")
        {
            Assert.StartsWith("354 ", reply, StringComparison.Ordinal);
            reply = await _clock.PassUntilAsync(client.AskAsync("x\r\n."));
        }

        Assert.StartsWith("451 4.3.0 ", reply, StringComparison.Ordinal);
        Assert.StartsWith("250 ", await client.AskAsync("NOOP"), StringComparison.Ordinal);
        Assert.Empty(server.Intake.Committed);
        Assert.Equal(0, server.Intake.Open);
    }

    /// <summary>Sends the same octets each minute until there is a reply.</summary>
    private async Task DripAsync(TestClient client, Task reply, byte[] octets)
    {
        while (!reply.IsCompleted)
        {
            await client.SendAsync(octets);
            _clock.Advance(TimeSpan.FromMinutes(1));
            await FakeTime.GiveWayAsync();
        }
    }

    /// <summary>Never answers at one point, and does not even heed the deadline.</summary>
    private sealed class Hanging(string verb) : IAdmission
    {
        public bool JudgesMessages => true;

        public ValueTask<Ruling> ConnectAsync(ClientFacts client, CancellationToken cancel) => Answer("");

        public ValueTask<Ruling> MailAsync(SessionFacts session, ReversePath reversePath, CancellationToken cancel) => Answer("MAIL");

        public ValueTask<Ruling> RcptAsync(SessionFacts session, ReversePath reversePath, ForwardPath forwardPath, CancellationToken cancel) => Answer("RCPT");

        public ValueTask<Ruling> EndOfDataAsync(ReceivedEvent message, Stream raw, CancellationToken cancel) => Answer("DATA");

        private ValueTask<Ruling> Answer(string at) => at == verb ? new(new TaskCompletionSource<Ruling>().Task) : new(Ruling.Admit());
    }
}
