using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>Clients that are made to wait: for the reply to one error of many, and for the greeting.</summary>
public sealed class DelayTests : IDisposable
{
    private const string Guess = "RCPT TO:<guess@example.net>";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));
    private readonly Instruments _instruments = new();

    [Theory]
    [InlineData(ClientIpMode.Direct)]
    [InlineData(ClientIpMode.Unavailable)]
    public async Task After_ten_errors_each_is_answered_a_second_later_than_the_one_before_and_after_twenty_421(ClientIpMode mode)
    {
        await using var server = await TestServer.StartAsync(limits: Settings.Strict, clientIp: new() { Mode = mode }, clock: _clock, metrics: _instruments.Metrics);
        await using var client = await BeginAsync(server);
        Assert.Equal("10 x 550 5.1.1", await Tally.AskAsync(client, 10, _ => Guess)); // by a clock that stands still
        for (var seconds = 1; seconds <= 10; seconds++)
        {
            var began = _clock.GetUtcNow();
            Assert.StartsWith("550 5.1.1 ", await _clock.PassUntilAsync(client.AskAsync(Guess)), StringComparison.Ordinal);
            Assert.True(_clock.GetUtcNow() - began >= TimeSpan.FromSeconds(seconds));
        }

        Assert.Equal("421 4.7.0 Too many errors; closing", await client.AskAsync(Guess));
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
        Assert.Equal((10, 0), (_instruments.Sum("delayed", "waited"), _instruments.Sum("delayed", "full")));
    }

    [Fact]
    public async Task What_was_asked_before_the_error_does_not_wait_and_what_comes_after_it_does()
    {
        await using var server = await TestServer.StartAsync(limits: Settings.Strict, clock: _clock);
        await using var client = await BeginAsync(server);
        await Tally.AskAsync(client, 10, _ => Guess);
        await client.SendLineAsync($"NOOP\r\n{Guess}\r\nVRFY user");
        Assert.StartsWith("250 2.0.0 ", await client.ReadReplyAsync(), StringComparison.Ordinal); // by a clock that stands still
        var next = client.ReadReplyAsync();
        Assert.False(next.IsCompleted);
        Assert.StartsWith("550 5.1.1 ", await _clock.PassUntilAsync(next), StringComparison.Ordinal);
        Assert.StartsWith("252 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
    }

    /// <summary>Those who err have a tenth of the connections, and with it full they are answered at once. A drain lets go who waits.</summary>
    [Fact]
    public async Task The_tarpit_is_never_more_than_its_part_and_ends_with_a_drain()
    {
        await using var server = await TestServer.StartAsync(options => options.MaxConnections = 30, limits: Settings.Strict, clock: _clock, metrics: _instruments.Metrics);
        var guessers = new List<TestClient>();
        for (var i = 0; i < 20; i++)
        {
            guessers.Add(await BeginAsync(server, $"127.0.{i}.2"));
            await Tally.AskAsync(guessers[i], 10, _ => Guess);
        }

        var waiting = guessers.Take(3).Select(client => client.AskAsync(Guess)).ToList();
        await Moment.WhenAsync(() => _instruments.Sum("delayed", "waited") == 3);

        foreach (var client in guessers.Skip(3))
        {
            Assert.Equal("3 x 550 5.1.1", await Tally.AskAsync(client, 3, _ => Guess)); // by a clock that stands still
        }

        await using (var other = await BeginAsync(server, "127.0.99.1"))
        {
            Assert.StartsWith("250 ", await other.AskAsync("RCPT TO:<user@example.net>"), StringComparison.Ordinal);
        }

        Assert.Equal((3, 17 * 3), (_instruments.Sum("delayed", "waited"), _instruments.Sum("delayed", "full")));
        Assert.DoesNotContain(waiting, reply => reply.IsCompleted);
        var draining = server.Server.DrainAsync(TimeSpan.FromSeconds(30));
        foreach (var reply in waiting)
        {
            Assert.StartsWith("421 4.3.2 ", await reply, StringComparison.Ordinal);
        }

        await draining;
        await DisposeAsync(guessers);
    }

    [Fact]
    public async Task Who_is_exempt_is_answered_at_once()
    {
        await using var server = await TestServer.StartAsync(clock: _clock, metrics: _instruments.Metrics);
        await using var client = await BeginAsync(server);
        Assert.Equal("20 x 550 5.1.1, 1 x 421 4.7.0", await Tally.AskAsync(client, 21, _ => Guess));
        Assert.Equal(0, _instruments.Sum("delayed", "waited"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("PROXY TCP4 203.0.113.7 192.0.2.1 51234 25\r\n")]
    public async Task Who_talks_before_the_greeting_is_sent_away_and_who_waits_is_served(string header)
    {
        var limits = Settings.Strict;
        limits.GreetDelay = TimeSpan.FromSeconds(6);
        await using var server = await TestServer.StartAsync(clientIp: header == "" ? null : Settings.Proxied, limits: limits, clock: _clock, metrics: _instruments.Metrics);
        using var crowd = new Crowd();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("521 5.5.1", await crowd.JoinAsync(server.Endpoint, words: header + "EHLO client.example\r\n")); // by a clock that stands still
        }

        Assert.Equal(10, _instruments.Sum("cut", "early_talker"));
        await using var client = await server.ConnectAsync();
        await client.SendAsync(System.Text.Encoding.Latin1.GetBytes(header));
        var began = _clock.GetUtcNow();
        Assert.StartsWith("220 ", await _clock.PassUntilAsync(client.ReadReplyAsync()), StringComparison.Ordinal);
        Assert.True(_clock.GetUtcNow() - began >= limits.GreetDelay);
        Assert.StartsWith("250-", await client.AskAsync("EHLO client.example"), StringComparison.Ordinal);
        await client.MailToDataAsync();
        Assert.StartsWith("250 2.6.0 ", await client.AskAsync("."), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_exempt_is_greeted_at_once()
    {
        await using var server = await TestServer.StartAsync(limits: new() { GreetDelay = TimeSpan.FromSeconds(6) }, clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync(); // by a clock that stands still
    }

    public void Dispose() => _instruments.Dispose();

    private static async Task<TestClient> BeginAsync(TestServer server, string from = "127.0.0.1")
    {
        var client = await TestClient.ConnectAsync(server.Endpoint, IPAddress.Parse(from));
        await client.GreetAsync();
        Assert.StartsWith("250 ", await client.AskAsync("MAIL FROM:<a@client.example>"), StringComparison.Ordinal);
        return client;
    }

    private static async Task DisposeAsync(List<TestClient> clients)
    {
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }
}
