using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>Clients that never come to an end: of a line, a header, a message, or of commands. What stops them, after how much.</summary>
public sealed class EndlessTests
{
    private const int Megabyte = 1024 * 1024;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("A")]
    [InlineData("MAIL FROM:<")]
    [InlineData("EHLO ")]
    [InlineData("BDAT 1 ")]
    public async Task A_line_is_read_past_for_so_long_and_then_521(string begin)
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(begin));
        var reply = client.ReadReplyAsync();
        var block = Encoding.ASCII.GetBytes(new string('A', 8_192));
        var sent = 0;
        for (; !reply.IsCompleted && sent < Megabyte; sent += block.Length)
        {
            await client.SendAsync(block);
            await FakeTime.GiveWayAsync();
        }

        Assert.StartsWith("521 5.5.2 ", await reply, StringComparison.Ordinal);
        Assert.InRange(sent, new SmtpOptions().MaxSkippedLineOctets, int.MaxValue);
    }

    [Theory]
    [InlineData("one line of the header", "Subject: ", "xxxxxxxxxxxxxxxx")]
    [InlineData("a header field of many lines", "Subject: x\r\n", " and more of it\r\n")]
    [InlineData("a header of many fields", "", "X-Again: and again\r\n")]
    [InlineData("trace", "", "Received: by a with b; c\r\n")]
    [InlineData("empty lines", "", "\r\n")]
    [InlineData("dots", "", "..\r\n")]
    [InlineData("a body", "Subject: x\r\n\r\n", "sixteen octets\r\n")]
    public async Task A_message_is_read_to_its_end_and_refused_and_memory_stays_flat(string what, string begin, string again)
    {
        const int Megabytes = 24;
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(options => options.MaxMessageOctets = Megabyte, clock: _clock, metrics: instruments.Metrics);
        var mostHeld = 0L;
        server.Intake.OnWrite = _ =>
        {
            mostHeld = Math.Max(mostHeld, instruments.HeldOctets);
            return ValueTask.CompletedTask;
        };
        await using var client = await server.ConnectAsync();
        await client.BeginDataAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(begin));
        var block = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(again, 65_536 / again.Length)));
        for (var sent = 0L; sent < Megabytes * Megabyte; sent += block.Length)
        {
            await client.SendAsync(block);
        }

        var reply = await client.AskAsync("\r\n.");
        Assert.True(reply.StartsWith("552 5.3.4 ", StringComparison.Ordinal), $"{what} was answered {reply}");
        Assert.StartsWith("250 ", await client.AskAsync("NOOP"), StringComparison.Ordinal);
        Assert.Equal(2 * 64 * 1024, mostHeld); // the input's and the message's share, whatever came
        Assert.Equal((0, 0), (server.Intake.Open, server.Intake.Committed.Count));
        await client.AskAsync("QUIT");
        await _clock.PassUntilAsync(() => instruments.Sessions == 0);
        Assert.Equal(0, instruments.HeldOctets);
    }

    [Fact]
    public async Task Recipients_past_the_most_are_452_and_then_the_commands_end()
    {
        await using var server = await TestServer.StartAsync(options => (options.MaxRecipients, options.MaxCommands) = (3, 20), clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        Assert.StartsWith("250 ", await client.AskAsync("MAIL FROM:<>"), StringComparison.Ordinal);
        Assert.Equal("3 x 250 2.1.5, 15 x 452 4.5.3, 1 x 421 4.7.0, 1 x <close>", await Tally.AskAsync(client, 20, i => $"RCPT TO:<u{i}@example.net>"));
    }

    [Theory]
    [InlineData("NOOP", "98 x 250 2.0.0")]
    [InlineData("RSET", "98 x 250 2.0.0")]
    [InlineData("VRFY user", "98 x 252 2.5.0")]
    [InlineData("HELP", "98 x 214 2.0.0")]
    [InlineData("EHLO client.example", "98 x 250")]
    [InlineData("HELO client.example", "98 x 250")]
    [InlineData("RCPT TO:<moving@example.net>", "98 x 450 4.2.1")]
    [InlineData("BDAT 0", "98 x 250 2.0.0")]
    public async Task Commands_that_bring_no_message_are_so_many_and_then_421(string command, string tally)
    {
        await using var server = await TestServer.StartAsync(options => options.MaxCommands = 101, clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.AskAsync("MAIL FROM:<>");
        await client.AskAsync("RCPT TO:<user@example.net>");
        Assert.Equal($"{tally}, 1 x 421 4.7.0, 1 x <close>", await Tally.AskAsync(client, 100, _ => command));
    }

    [Fact]
    public async Task Transactions_are_so_many_and_then_421()
    {
        await using var server = await TestServer.StartAsync(options => options.MaxTransactions = 5, clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        Assert.Equal("5 x 250 2.1.0, 5 x 250 2.0.0, 1 x 421 4.7.0, 1 x <close>", await Tally.AskAsync(client, 12, i => i % 2 == 0 ? "MAIL FROM:<a@client.example>" : "RSET"));
    }

    /// <summary>However many come in one piece.</summary>
    [Fact]
    public async Task Commands_that_are_not_waited_for_are_so_many_and_no_more()
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        using var crowd = new Crowd();
        var socket = await crowd.ConnectAsync(server.Endpoint);
        var reading = Crowd.ReadToEndAsync(socket);
        await socket.SendAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("NOOP\r\n", 10_000))), TestContext.Current.CancellationToken);
        await _clock.PassUntilAsync(() => reading.IsCompleted);
        var tally = new Tally();
        Array.ForEach((await reading).Split("\r\n"), line => tally.Add(line));
        Assert.Equal("1 x 220, 1000 x 250 2.0.0, 1 x 421 4.7.0, 1 x ", tally.ToString());
    }
}
