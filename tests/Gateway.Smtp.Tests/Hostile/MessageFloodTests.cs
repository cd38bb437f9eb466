using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>Mail, recipients and guesses without end from one address over all of its connections: how much gets through, and that another's goes on.</summary>
public sealed class MessageFloodTests : IDisposable
{
    private const string Slowly = "450 4.7.1 ";

    private static readonly IPAddress Attacker = IPAddress.Parse("127.0.0.2");
    private static readonly IPAddress Neighbour = IPAddress.Parse("127.0.0.3");

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));
    private readonly Instruments _instruments = new();

    [Fact]
    public async Task Messages_of_one_address_have_a_rate_over_all_of_its_connections()
    {
        var limits = Settings.Strict;
        limits.MessagesPerMinute = 20;
        await using var server = await StartAsync(limits);
        Assert.Equal((12, 0), await SendAsync(server, Attacker, 12));
        Assert.Equal((8, 4), await SendAsync(server, Attacker, 12));
        Assert.Equal((0, 12), await SendAsync(server, Attacker, 12));
        Assert.Equal((12, 0), await SendAsync(server, Neighbour, 12));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((20, 1), await SendAsync(server, Attacker, 21));
        Assert.Equal(52, server.Intake.Committed.Count);
        Assert.Equal(17, _instruments.Limited("messages_per_minute"));
    }

    [Fact]
    public async Task Recipients_of_one_address_have_a_rate_too_and_a_message_keeps_those_it_has()
    {
        var limits = Settings.Strict;
        limits.RecipientsPerMinute = 100;
        await using var server = await StartAsync(limits);
        await using var first = await BeginAsync(server, Attacker);
        Assert.Equal("60 x 250 2.1.5", await Tally.AskAsync(first, 60, i => $"RCPT TO:<u{i}@example.net>"));
        await using var second = await BeginAsync(server, Attacker);
        Assert.Equal("40 x 250 2.1.5, 20 x 450 4.7.1", await Tally.AskAsync(second, 60, i => $"RCPT TO:<u{i}@example.net>"));
        await using var other = await BeginAsync(server, Neighbour);
        Assert.Equal("60 x 250 2.1.5", await Tally.AskAsync(other, 60, i => $"RCPT TO:<u{i}@example.net>"));
        Assert.StartsWith("354 ", await second.AskAsync("DATA"), StringComparison.Ordinal);
        Assert.StartsWith("250 2.6.0 ", await second.AskAsync("."), StringComparison.Ordinal);
        Assert.Equal(40, Assert.Single(server.Intake.Committed).Event.Envelope.Recipients.Length);

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("40 x 250 2.1.5", await Tally.AskAsync(first, 40, i => $"RCPT TO:<u{i + 60}@example.net>"));
        Assert.Equal(20, _instruments.Limited("recipients_per_minute"));
    }

    /// <summary>Twenty guesses on a connection, and a hundred on all of them.</summary>
    [Fact]
    public async Task Guesses_end_the_connection_and_then_keep_the_address_out()
    {
        var limits = Settings.Strict;
        limits.TarpitDelay = TimeSpan.Zero;
        await using var server = await StartAsync(limits);
        await using var beside = await BeginAsync(server, Attacker);
        for (var connection = 0; connection < 4; connection++)
        {
            await using var prober = await BeginAsync(server, Attacker);
            Assert.Equal("20 x 550 5.1.1, 1 x 421 4.7.0, 1 x <close>", await Tally.AskAsync(prober, 22, Guess));
        }

        await using (var prober = await BeginAsync(server, Attacker)) // each connection's last one counts, too
        {
            Assert.Equal("16 x 550 5.1.1, 1 x 421 4.7.0, 1 x <close>", await Tally.AskAsync(prober, 18, Guess));
        }

        // No more questions, and a right one would be answered like a wrong one.
        Assert.Equal("421 4.7.0 Too many errors from your address; try again later", await beside.AskAsync("RCPT TO:<user@example.net>"));
        using var crowd = new Crowd();
        Assert.Equal("421 4.7.0", await crowd.JoinAsync(server.Endpoint, Attacker));
        await using var other = await BeginAsync(server, Neighbour);
        Assert.Equal("1 x 250 2.1.5", await Tally.AskAsync(other, 1, _ => "RCPT TO:<user@example.net>"));
        Assert.Equal(3, _instruments.Limited("errors_per_minute"));

        _clock.Advance(TimeSpan.FromMinutes(1));
        await using var again = await BeginAsync(server, Attacker);
        Assert.Equal("1 x 550 5.1.1, 1 x 250 2.1.5", Join(await Tally.AskAsync(again, 1, Guess), await Tally.AskAsync(again, 1, _ => "RCPT TO:<user@example.net>")));
    }

    public void Dispose() => _instruments.Dispose();

    private static string Guess(int number) => $"RCPT TO:<guess{number}@example.net>";

    private static string Join(params string[] parts) => string.Join(", ", parts);

    /// <returns>How many messages were accepted, and how many put off.</returns>
    private static async Task<(int Accepted, int PutOff)> SendAsync(TestServer server, IPAddress from, int messages)
    {
        await using var client = await TestClient.ConnectAsync(server.Endpoint, from);
        await client.GreetAsync();
        var (accepted, putOff) = (0, 0);
        for (var i = 0; i < messages; i++)
        {
            var reply = await client.AskAsync("MAIL FROM:<a@client.example>");
            if (reply.StartsWith(Slowly, StringComparison.Ordinal))
            {
                putOff++;
                continue;
            }

            Assert.StartsWith("250 ", reply, StringComparison.Ordinal);
            await client.AskAsync("RCPT TO:<user@example.net>");
            await client.AskAsync("DATA");
            Assert.StartsWith("250 2.6.0 ", await client.AskAsync("x\r\n."), StringComparison.Ordinal);
            accepted++;
        }

        return (accepted, putOff);
    }

    private static async Task<TestClient> BeginAsync(TestServer server, IPAddress from)
    {
        var client = await TestClient.ConnectAsync(server.Endpoint, from);
        await client.GreetAsync();
        Assert.StartsWith("250 ", await client.AskAsync("MAIL FROM:<a@client.example>"), StringComparison.Ordinal);
        return client;
    }

    private Task<TestServer> StartAsync(LimitOptions limits) => TestServer.StartAsync(limits: limits, clock: _clock, metrics: _instruments.Metrics);
}
