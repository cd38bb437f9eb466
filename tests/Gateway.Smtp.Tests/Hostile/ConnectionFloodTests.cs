using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>Connections without end from one place: how many get in, and that others are served meanwhile, at each step of their dialogue.</summary>
public sealed class ConnectionFloodTests
{
    private static readonly IPAddress Attacker = IPAddress.Parse("127.0.0.2");
    private static readonly IPAddress Neighbour = IPAddress.Parse("127.0.0.3");

    private static readonly (string Line, string Code)[] Dialogue =
    [
        ("EHLO client.example", "250-"),
        ("MAIL FROM:<a@client.example>", "250 "),
        ("RCPT TO:<user@example.net>", "250 "),
        ("DATA", "354 "),
        ("Subject: x\r\n\r\nx\r\n.", "250 2.6.0 "),
        ("NOOP", "250 "),
        ("QUIT", "221 "),
    ];

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task One_address_gets_its_fifty_and_its_neighbour_is_served_between_the_others()
    {
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(limits: Settings.Strict, clock: _clock, metrics: instruments.Metrics);
        using var flood = new Crowd();
        await ServeDuringAsync(server, Neighbour, null, () => FloodAsync(flood, server, 20, _ => (Attacker, null)));
        Assert.Equal("50 x 220, 110 x 421 4.7.0", flood.Tally);
        Assert.Equal(110, instruments.Limited("connections_per_address"));
        Assert.Single(server.Intake.Committed);
    }

    [Fact]
    public async Task Over_IPv6_sockets_too()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "no IPv6 here");
        await using var server = await TestServer.StartAsync(limits: Settings.Strict, clock: _clock, endpoint: new(IPAddress.IPv6Any, 0));
        using var flood = new Crowd();
        for (var i = 0; i < 60; i++)
        {
            await flood.JoinAsync(new(IPAddress.IPv6Loopback, server.Endpoint.Port));
        }

        Assert.Equal("50 x 220, 10 x 421 4.7.0", flood.Tally);
        using var mapped = new Crowd(); // IPv4 on the same socket is IPv4
        Assert.Equal("220", await mapped.JoinAsync(new(IPAddress.Loopback, server.Endpoint.Port)));
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.8")]
    [InlineData("2001:db8:1:2::7", "2001:db8:1:2::8")]
    public async Task Behind_a_proxy_it_is_the_client_that_counts(string address, string neighbour)
    {
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(limits: Settings.Strict, clientIp: Settings.Proxied, clock: _clock, metrics: instruments.Metrics);
        using var flood = new Crowd();
        await ServeDuringAsync(server, null, neighbour, () => FloodAsync(flood, server, 20, _ => (null, Crowd.Claim(address))));
        Assert.Equal("50 x 220, 110 x 421 4.7.0", flood.Tally);
        Assert.Equal(110, instruments.Limited("connections_per_address"));
    }

    [Theory]
    [InlineData("203.0.113.0", "203.0.114.1")]
    [InlineData("2001:db8:1:2::", "2001:db8:1:3::")]
    public async Task A_network_of_many_addresses_gets_its_two_hundred(string first, string other)
    {
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(limits: Settings.Strict, clientIp: Settings.Proxied, clock: _clock, metrics: instruments.Metrics);
        using var flood = new Crowd();
        await ServeDuringAsync(server, null, other, () => FloodAsync(flood, server, 32, i => (null, Crowd.Claim(Plus(first, i)))));
        Assert.Equal("200 x 220, 56 x 421 4.7.0", flood.Tally);
        Assert.Equal(56, instruments.Limited("connections_per_network"));
    }

    /// <summary>Who comes and goes holds no place, and is held by how often it comes.</summary>
    [Fact]
    public async Task An_address_that_comes_and_goes_has_so_many_a_minute()
    {
        var limits = Settings.Strict;
        (limits.ConnectionsPerAddress, limits.ConnectionsPerNetwork, limits.ConnectionsPerMinute) = (0, 0, 60);
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(limits: limits, clock: _clock, metrics: instruments.Metrics);
        Assert.Equal("60 x 220, 40 x 421 4.7.0", await ComeAndGoAsync(server, Attacker, 100));
        Assert.Equal(40, instruments.Limited("connections_per_minute"));
        Assert.Equal("60 x 220", await ComeAndGoAsync(server, Neighbour, 60));

        _clock.Advance(TimeSpan.FromSeconds(1)); // what was refused was not counted: so one a second gets in
        Assert.Equal("1 x 220, 9 x 421 4.7.0", await ComeAndGoAsync(server, Attacker, 10));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("60 x 220, 1 x 421 4.7.0", await ComeAndGoAsync(server, Attacker, 61));
    }

    /// <summary>Nobody can be told from another, so that a limit by address would shut out all or none.</summary>
    [Fact]
    public async Task Where_clients_are_unknown_only_the_total_counts()
    {
        using var instruments = new Instruments();
        var limits = Settings.Strict;
        (limits.ConnectionsPerMinute, limits.MessagesPerMinute, limits.ErrorsPerMinute, limits.RecipientsPerMinute) = (1, 1, 1, 100);
        await using var server = await TestServer.StartAsync(
            options => options.MaxConnections = 70, clientIp: new() { Mode = ClientIpMode.Unavailable }, limits: limits, clock: _clock, metrics: instruments.Metrics);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        for (var i = 0; i < 5; i++)
        {
            await client.MailToDataAsync();
            Assert.StartsWith("250 ", await client.AskAsync("."), StringComparison.Ordinal);
            Assert.StartsWith("500 ", await client.AskAsync("FOO"), StringComparison.Ordinal);
        }

        using var flood = new Crowd();
        await FloodAsync(flood, server, 100, _ => (Attacker, null));
        Assert.Equal("69 x 220, 31 x 421 4.3.2", flood.Tally);
        Assert.Equal((31, 31), (instruments.Limited("connections"), instruments.Sum("refused", "connect")));
    }

    [Fact]
    public async Task Who_is_exempt_is_counted_among_all_and_not_limited_by_address()
    {
        var limits = new LimitOptions { Exempt = "127.0.0.2", ConnectionsPerMinute = 1 };
        await using var server = await TestServer.StartAsync(options => options.MaxConnections = 61, limits: limits, clock: _clock);
        using var exempt = new Crowd();
        await FloodAsync(exempt, server, 60, _ => (Attacker, null));
        Assert.Equal("60 x 220", exempt.Tally);
        using var others = new Crowd();
        Assert.Equal("220", await others.JoinAsync(server.Endpoint, Neighbour));
        Assert.Equal("421 4.3.2", await others.JoinAsync(server.Endpoint, Neighbour));
        Assert.Equal("421 4.3.2", await exempt.JoinAsync(server.Endpoint, Attacker));
    }

    /// <summary>Nothing is made for those that are one too many: no session, nothing remembered of them, no memory.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_all_places_are_taken_a_refusal_costs_nothing(bool isProxied)
    {
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(
            options => options.MaxConnections = 3, clientIp: isProxied ? Settings.Proxied : null, limits: Settings.Strict, clock: _clock, metrics: instruments.Metrics);
        using var inside = new Crowd();
        await FloodAsync(inside, server, 3, _ => (null, isProxied ? Crowd.Claim("203.0.113.7") : null));
        Assert.Equal("3 x 220", inside.Tally);
        using var flood = new Crowd();
        await FloodAsync(flood, server, 200, i => (null, isProxied ? Crowd.Claim($"203.0.114.{i}") : null));
        Assert.Equal("200 x 421 4.3.2", flood.Tally);
        Assert.Equal((3, 1, 0), (instruments.Sessions, instruments.Tracked, instruments.HeldOctets));
        Assert.Equal((200, 0), (instruments.Limited("connections"), instruments.Limited("connections_per_address")));
    }

    /// <summary>A whole dialogue, and some of the flood between any two steps of it.</summary>
    private static async Task ServeDuringAsync(TestServer server, IPAddress? from, string? claim, Func<Task> flood)
    {
        await using var client = await TestClient.ConnectAsync(server.Endpoint, from);
        await client.SendAsync(System.Text.Encoding.Latin1.GetBytes(claim is null ? "" : Crowd.Claim(claim)));
        Assert.StartsWith("220 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        await flood();
        foreach (var (line, code) in Dialogue)
        {
            Assert.StartsWith(code, await client.AskAsync(line), StringComparison.Ordinal);
            await flood();
        }
    }

    private static async Task FloodAsync(Crowd flood, TestServer server, int connections, Func<int, (IPAddress? From, string? Words)> next)
    {
        for (var i = 0; i < connections; i++)
        {
            var (from, words) = next(flood.Sockets.Count);
            await flood.JoinAsync(server.Endpoint, from, words);
        }
    }

    private static async Task<string> ComeAndGoAsync(TestServer server, IPAddress from, int connections)
    {
        using var crowd = new Crowd();
        for (var i = 0; i < connections; i++)
        {
            await crowd.JoinAsync(server.Endpoint, from);
            crowd.Sockets[^1].Dispose();
        }

        return crowd.Tally;
    }

    private static string Plus(string address, int number)
    {
        var octets = IPAddress.Parse(address).GetAddressBytes();
        octets[^1] += (byte)number;
        return new IPAddress(octets).ToString();
    }
}
