using System.Net;
using System.Net.Sockets;
using System.Text;
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

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 25, 9, 0, 0, TimeSpan.Zero));

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
        Assert.True(_clock.GetUtcNow() - began >= TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_header_that_drips_in_has_no_more_time_than_another()
    {
        await using var server = await TestServer.StartAsync(clientIp: Proxied, clock: _clock);
        await using var client = await server.ConnectAsync();
        var reply = client.ReadReplyAsync();
        foreach (var octet in Encoding.Latin1.GetBytes(Line)[..^1])
        {
            await client.SendAsync(new[] { octet });
            _clock.Advance(TimeSpan.FromSeconds(1));
            await FakeTime.GiveWayAsync();
        }

        Assert.StartsWith(NoSession, await _clock.PassUntilAsync(reply), StringComparison.Ordinal);
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

    [Fact]
    public async Task A_header_of_an_untrusted_peer_is_not_even_read()
    {
        await using var server = await TestServer.StartAsync(clientIp: new() { Mode = ClientIpMode.ProxyRequired, TrustedNetworks = "127.0.0.2" });
        await using var client = await server.ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes($"{Line}EHLO client.example\r\n"));
        Assert.StartsWith(NoSession, await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
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
        Assert.StartsWith("250 ", await client.AskAsync("MAIL FROM:<>"), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await client.AskAsync("RCPT TO:<user@example.net>"), StringComparison.Ordinal);
        Assert.StartsWith("354 ", await client.AskAsync("DATA"), StringComparison.Ordinal);
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
        await using var client = await TestClient.ConnectAsync(new(IPAddress.Loopback, server.Server.Endpoint.Port));
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
}
