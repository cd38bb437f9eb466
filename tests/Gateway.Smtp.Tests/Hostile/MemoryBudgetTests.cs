using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>More clients in the middle of something than there is memory for.</summary>
public sealed class MemoryBudgetTests
{
    private const int ShareOctets = 64 * 1024;
    private const int Shares = 16;
    private const int TightShares = 14;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    /// <summary>Half a command each, which holds its input's share; or half a message, which holds its own besides.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Those_that_are_in_finish_and_new_ones_are_told_421_meanwhile(bool isMessage)
    {
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(
            limits: new() { MaxMemoryOctets = Shares * ShareOctets }, clock: _clock, metrics: instruments.Metrics);
        using var crowd = new Crowd();
        for (var i = 0; i < (isMessage ? TightShares / 2 : TightShares); i++)
        {
            await crowd.JoinAsync(server.Endpoint, words: "EHLO client.example\r\n");
        }

        await AskAsync(crowd.Sockets, "NOOP\r\n", "250");
        await Moment.WhenAsync(() => instruments.HeldOctets == 0); // idle ones hold nothing
        if (isMessage)
        {
            await AskAsync(crowd.Sockets, "MAIL FROM:<a@client.example>\r\nRCPT TO:<user@example.net>\r\nDATA\r\n", "354");
        }

        foreach (var socket in crowd.Sockets)
        {
            await socket.SendAsync("NOO"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        await Moment.WhenAsync(() => instruments.HeldOctets == TightShares * ShareOctets);

        using var late = new Crowd();
        for (var i = 0; i < 100; i++)
        {
            await late.JoinAsync(server.Endpoint, words: "EHLO client.example\r\n");
        }

        Assert.Equal("100 x 421 4.3.2", late.Tally);
        Assert.Equal((100, crowd.Sockets.Count), (instruments.Limited("memory"), instruments.Sessions));
        await AskAsync(crowd.Sockets, isMessage ? "P\r\n.\r\n" : "P\r\n", isMessage ? "250 2.6.0" : "250 2.0.0");
        Assert.Equal(isMessage ? crowd.Sockets.Count : 0, server.Intake.Committed.Count);
        await Moment.WhenAsync(() => instruments.HeldOctets == 0);
        Assert.Equal("220", await late.JoinAsync(server.Endpoint)); // there is room again
    }

    /// <summary>Messages hold what they need from their beginning on, so that others, who were in before, take none of it between two segments.</summary>
    [Theory]
    [InlineData("DATA\r\n", "354", "x\r\n", ".\r\n")]
    [InlineData("BDAT 3\r\nx\r\n", "250 2.0.0", "BDAT 3\r\n", "y\r\nBDAT 0 LAST\r\n")]
    public async Task A_message_in_flight_is_finished_whoever_else_wants_memory(string begin, string begun, string half, string rest)
    {
        const int Others = 10;
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(
            limits: new() { MaxMemoryOctets = Shares * ShareOctets }, clock: _clock, metrics: instruments.Metrics);
        using var others = new Crowd();
        for (var i = 0; i < Others; i++)
        {
            await others.JoinAsync(server.Endpoint);
        }

        using var senders = new Crowd();
        for (var i = 0; i < Shares / 2; i++)
        {
            Assert.Equal("220", await senders.JoinAsync(server.Endpoint, words: "EHLO client.example\r\n"));
        }

        await AskAsync(senders.Sockets, "NOOP\r\n", "250 2.0.0");
        await Moment.WhenAsync(() => instruments.HeldOctets == 0);
        await AskAsync(senders.Sockets, "MAIL FROM:<a@client.example>\r\nRCPT TO:<user@example.net>\r\n" + begin, begun);

        await Moment.WhenAsync(() => instruments.HeldOctets == Shares * ShareOctets);
        await AskAsync(others.Sockets, "NOOP\r\n", "421 4.3.2 Overloaded");
        foreach (var socket in senders.Sockets)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(half), TestContext.Current.CancellationToken);
        }

        await AskAsync(senders.Sockets, rest, "250 2.6.0");
        Assert.Equal((Shares / 2, Others), (server.Intake.Committed.Count, instruments.Limited("memory")));
        await Moment.WhenAsync(() => instruments.HeldOctets == 0);
    }

    /// <summary>One after the other, so that what is held for a moment only is held once.</summary>
    private static async Task AskAsync(IEnumerable<Socket> sockets, string words, string reply)
    {
        foreach (var socket in sockets)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(words), TestContext.Current.CancellationToken);
            var all = new StringBuilder();
            while (!all.ToString().Contains(reply, StringComparison.Ordinal))
            {
                var part = await Crowd.ReadAsync(socket);
                Assert.False(part is "" or "reset", $"It ended without {reply}: {all}");
                all.Append(part);
            }
        }
    }
}
