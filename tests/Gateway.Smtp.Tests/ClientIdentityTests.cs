using System.Net;
using Gateway.Core.Events;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp.Tests;

public sealed class ClientIdentityTests
{
    private static readonly ClientIpOptions Proxied = new() { Mode = ClientIpMode.ProxyRequired, TrustedNetworks = "10.1.0.0/24" };

    private readonly CapturedLogs _logs = new();
    private readonly TestServer.Meters _meters = new();
    private readonly List<(long Count, string? Reason)> _unknown = [];

    [Theory]
    [InlineData("203.0.113.7")]
    [InlineData("2001:db8::7")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("192.167.255.255")]
    public void A_peer_that_can_be_a_client_is_the_client(string address)
    {
        Assert.Equal(new(address, ClientSource.Socket), Identity(new()).OfPeer(IPAddress.Parse(address)));
        Assert.Empty(_unknown);
        Assert.Empty(_logs.Entries);
    }

    [Theory]
    [InlineData("10.0.0.4")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("100.100.0.52")]
    [InlineData("169.254.1.1")]
    [InlineData("fd00::1")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    public void A_private_peer_means_a_NAT_and_nobody_is_guessed(string address)
    {
        var identity = Identity(new());
        Assert.Equal(new(null, ClientSource.Unknown), identity.OfPeer(IPAddress.Parse(address)));
        Assert.Equal(new(null, ClientSource.Unknown), identity.OfPeer(IPAddress.Parse(address)));
        Assert.Equal([(1, "behind_nat"), (1, "behind_nat")], _unknown);
        Assert.Equal((LogLevel.Critical, 1014), Assert.Single(_logs.Entries) is var entry ? (entry.Level, entry.Id) : default);
    }

    [Theory]
    [InlineData("203.0.113.7")]
    [InlineData("2001:db8::7")]
    [InlineData("127.0.0.9")] // of the proxy's machine, which is trusted
    [InlineData("::1")]
    [InlineData("223.255.255.255")]
    public void Whom_a_header_names_is_the_client(string address)
    {
        Assert.Equal(new(address, ClientSource.Proxy), Identity(Proxied).OfHeader(IPAddress.Parse(address)));
        Assert.Empty(_unknown);
    }

    [Theory]
    [InlineData("10.0.0.5")]
    [InlineData("192.168.1.1")]
    [InlineData("fd00::1")]
    public void A_private_address_in_a_header_means_a_NAT_before_the_proxy(string address)
    {
        var identity = Identity(Proxied);
        Assert.Equal(new(null, ClientSource.Unknown), identity.OfHeader(IPAddress.Parse(address)));
        Assert.Equal(new(null, ClientSource.Unknown), identity.OfHeader(IPAddress.Parse(address)));
        Assert.Equal([(1, "behind_nat"), (1, "behind_nat")], _unknown);
        Assert.Equal((LogLevel.Critical, 1014), Assert.Single(_logs.Entries) is var entry ? (entry.Level, entry.Id) : default);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::203.0.113.7")]
    [InlineData("ff02::1")]
    public void An_address_that_nobody_has_is_nobodys(string address)
    {
        Assert.Equal(new(null, ClientSource.Unknown), Identity(Proxied).OfHeader(IPAddress.Parse(address)));
        Assert.Empty(_unknown);
        Assert.Empty(_logs.Entries);
    }

    [Fact]
    public void Where_the_edge_hides_clients_nobody_is_known_and_nothing_is_wrong()
    {
        var identity = Identity(new() { Mode = ClientIpMode.Unavailable });
        Assert.Equal(new(null, ClientSource.Unknown), identity.OfPeer(IPAddress.Parse("203.0.113.7")));
        Assert.Equal(new(null, ClientSource.Unknown), identity.OfPeer(IPAddress.Loopback));
        Assert.Empty(_unknown);
        Assert.Empty(_logs.Entries);
    }

    [Fact]
    public void Only_who_is_named_is_trusted()
    {
        var identity = Identity(new() { Mode = ClientIpMode.ProxyRequired, TrustedNetworks = "10.1.0.0/24, 192.0.2.9,2001:db8:1::/48" });
        Assert.All(["10.1.0.0", "10.1.0.255", "192.0.2.9", "2001:db8:1::7"], address => Assert.True(identity.Trusts(IPAddress.Parse(address)), address));
        Assert.All(["10.1.1.0", "192.0.2.8", "127.0.0.1", "::1", "2001:db8:2::7", "::ffff:192.0.2.9"], address => Assert.False(identity.Trusts(IPAddress.Parse(address)), address));
        Assert.False(identity.Trusts(null));
        Assert.False(Identity(new()).Trusts(IPAddress.Loopback));
    }

    [Theory]
    [InlineData(ClientIpMode.ProxyRequired, null, "ClientIp:TrustedNetworks is missing")]
    [InlineData(ClientIpMode.Direct, "10.0.0.1", "ClientIp:TrustedNetworks goes with")]
    [InlineData(ClientIpMode.Unavailable, "10.0.0.1", "ClientIp:TrustedNetworks goes with")]
    [InlineData(ClientIpMode.ProxyRequired, "0.0.0.0/0", "ClientIp:TrustedNetworks has 0.0.0.0/0, which is more")]
    [InlineData(ClientIpMode.ProxyRequired, "::/0", "ClientIp:TrustedNetworks has ::/0, which is more")]
    [InlineData(ClientIpMode.ProxyRequired, "0.0.0.0/1,128.0.0.0/7", "ClientIp:TrustedNetworks has 0.0.0.0/1, which is more", "ClientIp:TrustedNetworks has 128.0.0.0/7, which is more")]
    [InlineData(ClientIpMode.ProxyRequired, "2000::/15", "ClientIp:TrustedNetworks has 2000::/15, which is more")]
    [InlineData(ClientIpMode.ProxyRequired, "::ffff:10.1.0.0/120", "ClientIp:TrustedNetworks has ::ffff:10.1.0.0/120, which is written as IPv4: 10.1.0.0/24")]
    [InlineData(ClientIpMode.ProxyRequired, "::ffff:10.1.0.5", "ClientIp:TrustedNetworks has ::ffff:10.1.0.5, which is written as IPv4: 10.1.0.5/32")]
    [InlineData(ClientIpMode.ProxyRequired, "10.0.0.0/8,2001::/16")]
    [InlineData(ClientIpMode.ProxyRequired, "10.1.0.9/24", "ClientIp:TrustedNetworks has 10.1.0.9/24, which is neither")]
    [InlineData(ClientIpMode.ProxyRequired, "10.1/16,proxy.example, ", "ClientIp:TrustedNetworks has 10.1/16", "ClientIp:TrustedNetworks has proxy.example", "ClientIp:TrustedNetworks has ,")]
    public void Settings_that_cannot_be_meant_are_named(ClientIpMode mode, string? networks, params string[] problems)
    {
        var told = new ClientIpOptions { Mode = mode, TrustedNetworks = networks }.Problems().ToList();
        Assert.Equal(problems.Length, told.Count);
        Assert.All(problems, (problem, index) => Assert.StartsWith(problem, told[index], StringComparison.Ordinal));
    }

    [Fact]
    public void The_time_for_a_header_has_limits()
    {
        Assert.Single(new ClientIpOptions { HeaderTimeout = TimeSpan.FromMilliseconds(2_999) }.Problems());
        Assert.Single(new ClientIpOptions { HeaderTimeout = TimeSpan.FromSeconds(61) }.Problems());
        Assert.Empty(new ClientIpOptions { HeaderTimeout = TimeSpan.FromSeconds(60) }.Problems());
        Assert.Empty(new ClientIpOptions { HeaderTimeout = TimeSpan.FromSeconds(3) }.Problems());
    }

    private ClientIdentity Identity(ClientIpOptions options)
    {
        var metrics = new SmtpMetrics(_meters);
        _meters.Listen("gateway.smtp.client.unknown", (count, reason) => _unknown.Add((count, reason)));
        return new(options, metrics, _logs);
    }
}
