using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Core.Admission;
using Gateway.Core.Configuration;
using Gateway.Core.Events;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests;

/// <summary>Connections through a proxy, and connections that say they were.</summary>
public sealed class ProxyTests
{
    private const string Line = "PROXY TCP4 203.0.113.7 192.0.2.1 51234 25\r\n";
    private const string NoSession = "421 4.7.0 ";
    private const int SomeOctets = 7;

    private static readonly ClientIpOptions Proxied = new() { Mode = ClientIpMode.ProxyRequired, TrustedNetworks = "127.0.0.1" };

    private readonly TestServer.Meters _meters = new();
    private readonly ConcurrentQueue<(long Count, string? Reason)> _refused = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 25, 9, 0, 0, TimeSpan.Zero));

    private static readonly ClientIpOptions Elsewhere = new() { Mode = ClientIpMode.ProxyRequired, TrustedNetworks = "127.0.0.2" };

    public static TheoryData<string> Headers =>
    [
        Line,
        "\r\n\r\n\0\r\nQUIT\n\u0021\u0011\u0000\u000c\u00cb\u0000\u0071\u0007\u00c0\u0000\u0002\u0001\u00c8\u0022\u0000\u0019",
    ];

    [Theory, MemberData(nameof(Headers))]
    public async Task The_client_of_a_trusted_proxy_is_whom_it_names(string header)
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied);
        foreach (var octetsPerWrite in (int[])[int.MaxValue, 1, SomeOctets])
        {
            await using var client = await server.ConnectAsync();
            await client.SendAsync(Encoding.Latin1.GetBytes(header), octetsPerWrite);
            await client.BeginDataAsync();
            Assert.StartsWith("250 2.6.0 ", await client.AskAsync("."), StringComparison.Ordinal);
        }

        Assert.Equal(3, server.Intake.Committed.Count);
        Assert.All(server.Intake.Committed, message =>
        {
            Assert.Equal(new("203.0.113.7", ClientSource.Proxy), message.Event.Client);
            Assert.StartsWith("Received: from client.example ([203.0.113.7])\r\n", message.Event.Received, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task What_comes_with_the_header_is_the_clients()
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied);
        await using var client = await server.ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes($"{Line}EHLO client.example\r\nNOOP\r\n"));
        await client.GreetedAsync();
        Assert.StartsWith("250 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_said_before_the_header()
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied, clock: _clock);
        await using var client = await server.ConnectAsync();
        var first = client.ReadReplyAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes(Line[..^1]));
        var began = _clock.GetUtcNow();
        Assert.StartsWith(NoSession, await _clock.PassUntilAsync(first), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
        Assert.True(_clock.GetUtcNow() - began >= TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_header_that_drips_in_has_no_more_time_than_another()
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied, clock: _clock);
        await using var client = await server.ConnectAsync();
        var reply = client.ReadReplyAsync();
        foreach (var octet in Encoding.Latin1.GetBytes(Line)[..SomeOctets])
        {
            await client.SendAsync(new[] { octet });
            _clock.Advance(TimeSpan.FromSeconds(1));
            await FakeTime.GiveWayAsync();
        }

        Assert.StartsWith(NoSession, await reply, StringComparison.Ordinal); // and no more time passes
    }

    [Theory]
    [InlineData("EHLO client.example\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 192.0.2.1 51234\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0031\u0011\0\u000c")]
    public async Task A_trusted_peer_without_a_good_header_gets_no_session(string octets)
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied);
        await using var client = await server.ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes(octets));
        Assert.StartsWith(NoSession, await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
    }

    /// <summary>It is turned away before it says a word, and though no time passes.</summary>
    [Fact]
    public async Task A_header_of_an_untrusted_peer_is_not_even_read()
    {
        await using var server = await TestServer.StartAsync(clientIp: Elsewhere, clock: _clock);
        await using var client = await server.ConnectAsync();
        Assert.StartsWith(NoSession, await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
    }

    [Fact]
    public async Task Untrusted_peers_take_no_place_of_the_proxys()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only there all of 127.0.0.0/8 is this machine's");
        await using var server = await TestServer.StartAsync(options => options.MaxConnections = 2, clientIp: Elsewhere);
        var strangers = new List<TestClient>();
        for (var count = 0; count < 4; count++)
        {
            strangers.Add(await server.ConnectAsync());
            Assert.StartsWith(NoSession, await strangers[^1].ReadReplyAsync(), StringComparison.Ordinal);
        }

        await using var client = await TestClient.ConnectAsync(server.Endpoint, IPAddress.Parse(Elsewhere.TrustedNetworks!));
        await client.SendAsync(Encoding.Latin1.GetBytes(Line));
        await client.GreetAsync();
        foreach (var stranger in strangers)
        {
            await stranger.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("untrusted", "")]
    [InlineData("malformed", "EHLO client.example\r\n")]
    [InlineData("timed_out", "PROXY ")]
    public async Task What_is_refused_is_counted_by_its_reason(string reason, string octets)
    {
        await using var server = await CountingAsync(reason == "untrusted" ? Elsewhere : Proxied);
        await using var client = await server.ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes(octets));
        var reply = client.ReadReplyAsync();
        Assert.StartsWith(NoSession, reason == "timed_out" ? await _clock.PassUntilAsync(reply) : await reply, StringComparison.Ordinal);
        Assert.Equal([(1, reason)], _refused);
    }

    [Theory]
    [InlineData("PROXY TCP4 203.0", "cut_off")]
    [InlineData("", null)]
    public async Task A_header_that_is_cut_off_is_counted_and_a_mere_look_is_not(string octets, string? reason)
    {
        await using var server = await CountingAsync(Proxied);
        await using (var client = await server.ConnectAsync())
        {
            await client.SendAsync(Encoding.Latin1.GetBytes(octets));
        }

        await _clock.PassUntilAsync(() => server.Server.Connections == 0);
        Assert.Equal(reason is null ? [] : [(1, reason)], _refused);
    }

    [Fact]
    public async Task The_time_for_a_header_can_be_set()
    {
        await using var server = await TestServer.StartAsync(clientIp: new() { Mode = ClientIpMode.ProxyRequired, TrustedNetworks = "127.0.0.1", HeaderTimeout = TimeSpan.FromSeconds(30) }, clock: _clock);
        await using var client = await server.ConnectAsync();
        var reply = client.ReadReplyAsync();
        var began = _clock.GetUtcNow();
        Assert.StartsWith(NoSession, await _clock.PassUntilAsync(reply), StringComparison.Ordinal);
        Assert.True(_clock.GetUtcNow() - began >= TimeSpan.FromSeconds(30));
    }

    /// <summary>What the client said is forgotten then, and not what the proxy said.</summary>
    [Fact]
    public async Task After_STARTTLS_the_client_is_still_whom_the_header_names()
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied);
        await using var client = await server.ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes(Line));
        await SecureAsync(client);
        await client.MailToDataAsync();
        Assert.StartsWith("250 ", await client.AskAsync("."), StringComparison.Ordinal);
        Assert.Equal(new("203.0.113.7", ClientSource.Proxy), Assert.Single(server.Intake.Committed).Event.Client);
    }

    [Fact]
    public async Task After_STARTTLS_a_probe_is_still_one()
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied);
        await using var client = await server.ConnectAsync();
        await client.SendAsync("PROXY UNKNOWN\r\n"u8.ToArray());
        await SecureAsync(client);
        Assert.StartsWith("451 4.7.0 ", await client.AskAsync("MAIL FROM:<>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_private_address_in_a_header_keeps_its_mail_and_is_nobodys()
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied);
        await using var client = await server.ConnectAsync();
        await client.SendAsync("PROXY TCP4 10.0.0.5 192.0.2.1 1 25\r\n"u8.ToArray());
        await client.BeginDataAsync();
        Assert.StartsWith("250 ", await client.AskAsync("."), StringComparison.Ordinal);
        Assert.Equal(new(null, ClientSource.Unknown), Assert.Single(server.Intake.Committed).Event.Client);
    }

    /// <summary>A probe asks whether we are there, and nobody rules on it: without a configuration too.</summary>
    [Fact]
    public async Task A_probe_is_greeted_before_there_is_a_configuration()
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied, admission: new ConfigurationAdmission(new LiveConfiguration()));
        await using var client = await server.ConnectAsync();
        await client.SendAsync("PROXY UNKNOWN\r\n"u8.ToArray());
        Assert.StartsWith("220 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        await using var other = await server.ConnectAsync();
        await other.SendAsync(Encoding.Latin1.GetBytes(Line));
        Assert.StartsWith("421 ", await other.ReadReplyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_proxy_a_header_is_an_unknown_command()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        Assert.StartsWith("220 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("500 5.5.1 ", await client.AskAsync(Line.TrimEnd()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_header_is_an_unknown_command_and_changes_nothing()
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied);
        await using var client = await server.ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes($"{Line}PROXY TCP4 198.51.100.1 192.0.2.1 1 25\r\n"));
        Assert.StartsWith("220 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("500 5.5.1 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250-", await client.AskAsync("EHLO client.example"), StringComparison.Ordinal);
        await client.MailToDataAsync();
        Assert.StartsWith("250 ", await client.AskAsync("."), StringComparison.Ordinal);
        Assert.Equal(new("203.0.113.7", ClientSource.Proxy), Assert.Single(server.Intake.Committed).Event.Client);
    }

    [Theory]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0020\0\0\0")]
    public async Task A_probe_is_greeted_and_brings_no_mail(string header)
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied);
        await using var client = await server.ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes(header));
        await client.GreetAsync();
        Assert.StartsWith("451 4.7.0 ", await client.AskAsync("MAIL FROM:<>"), StringComparison.Ordinal);
        Assert.StartsWith("221 ", await client.AskAsync("QUIT"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drain_does_not_wait_for_headers()
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied);
        await using var client = await server.ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes(Line[..SomeOctets]));
        await server.Server.DrainAsync(TimeSpan.FromSeconds(30));
        Assert.StartsWith("421 4.3.2 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal(0, server.Server.Connections);
    }

    [Fact]
    public async Task Over_IPv6_sockets_a_mapped_peer_is_what_it_is_in_IPv4()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "no IPv6 here");
        await using var server = await TestServer.StartAsync(clientIp: Proxied, endpoint: new(IPAddress.IPv6Any, 0));
        await using var client = await TestClient.ConnectAsync(new(IPAddress.Loopback, server.Endpoint.Port));
        await client.SendAsync(Encoding.Latin1.GetBytes(Line));
        await client.GreetAsync();
    }

    [Fact]
    public async Task Where_the_edge_hides_clients_the_event_says_so()
    {
        await using var server = await TestServer.StartAsync(clientIp: new() { Mode = ClientIpMode.Unavailable });
        await using var client = await server.ConnectAsync();
        await client.BeginDataAsync();
        Assert.StartsWith("250 ", await client.AskAsync("."), StringComparison.Ordinal);
        var received = Assert.Single(server.Intake.Committed).Event;
        Assert.Equal(new(null, ClientSource.Unknown), received.Client);
        Assert.StartsWith("Received: from client.example (unknown)\r\n", received.Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_are_wrong_start_no_server()
    {
        var wrong = await Assert.ThrowsAsync<OptionsValidationException>(() => TestServer.StartAsync(clientIp: new() { Mode = ClientIpMode.ProxyRequired }));
        Assert.Contains("ClientIp:TrustedNetworks is missing", wrong.Message, StringComparison.Ordinal);
    }

    private static async Task SecureAsync(TestClient client)
    {
        await client.GreetAsync();
        Assert.StartsWith("220 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
        Assert.True(await client.HandshakeAsync());
        Assert.StartsWith("250-", await client.AskAsync("EHLO client.example"), StringComparison.Ordinal);
    }

    private Task<TestServer> CountingAsync(ClientIpOptions clientIp)
    {
        var metrics = new SmtpMetrics(_meters);
        _meters.Listen("gateway.smtp.proxy.refused", (count, reason) => _refused.Enqueue((count, reason)));
        return TestServer.StartAsync(clientIp: clientIp, clock: _clock, metrics: metrics);
    }
}
