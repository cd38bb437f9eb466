using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Smtp;

/// <summary>How the client's address becomes known.</summary>
public enum ClientIpMode
{
    /// <summary>The other end of the TCP connection is the client. A private address there means a NAT: the address is then unknown.</summary>
    Direct,

    /// <summary>A proxy tells it in a PROXY header, which every connection has to begin with.</summary>
    ProxyRequired,

    /// <summary>What stands before the server hides it and does not tell.</summary>
    Unavailable,
}

/// <summary>Where the client's address comes from (invariant 9: it is a fact or it is absent).</summary>
public sealed class ClientIpOptions
{
    private const char Separator = ',';
    private const int LeastIPv4Prefix = 8;
    private const int LeastIPv6Prefix = 16;

    /// <summary>Default <see cref="ClientIpMode.Direct"/>.</summary>
    public ClientIpMode Mode { get; set; }

    /// <summary>
    /// Who may tell a client's address: networks (10.1.0.0/24, 2001:db8::/64) and single addresses, separated by commas; with <see cref="ClientIpMode.ProxyRequired"/>
    /// only, and required there. Everybody in them can claim any address, so they hold the proxies and nobody else. Null: none.
    /// </summary>
    public string? TrustedNetworks { get; set; }

    /// <summary>Time for the whole PROXY header, then the connection is closed. Default 5 seconds, our own: a proxy sends it at once. Between 3 seconds, the least by its specification (a lost segment is sent again), and 1 minute.</summary>
    public TimeSpan HeaderTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Everything that is wrong with the settings, a sentence each that begins with <c>ClientIp:Name</c>; empty: nothing.</summary>
    public IEnumerable<string> Problems()
    {
        if (Mode == ClientIpMode.ProxyRequired && TrustedNetworks is null)
        {
            yield return "ClientIp:TrustedNetworks is missing: with Mode ProxyRequired it names the proxies";
        }

        if (Mode != ClientIpMode.ProxyRequired && TrustedNetworks is not null)
        {
            yield return "ClientIp:TrustedNetworks goes with Mode ProxyRequired";
        }

        foreach (var text in Entries())
        {
            if (Read(text) is not { } network)
            {
                yield return $"ClientIp:TrustedNetworks has {text}, which is neither an address nor a network such as 10.1.0.0/24 without bits behind its prefix";
            }
            else if (network.BaseAddress.IsIPv4MappedToIPv6)
            {
                yield return $"ClientIp:TrustedNetworks has {text}, which is written as IPv4: {network.BaseAddress.MapToIPv4()}/{Math.Max(0, network.PrefixLength - 96)}";
            }
            else if (network.PrefixLength < (network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? LeastIPv4Prefix : LeastIPv6Prefix))
            {
                yield return $"ClientIp:TrustedNetworks has {text}, which is more than any network of proxies: /{LeastIPv4Prefix} of IPv4 or /{LeastIPv6Prefix} of IPv6 at most, since everybody in it could claim any address";
            }
        }

        if (HeaderTimeout < TimeSpan.FromSeconds(3) || HeaderTimeout > TimeSpan.FromMinutes(1))
        {
            yield return "ClientIp:HeaderTimeout must be between 3 seconds and 1 minute";
        }
    }

    /// <summary><see cref="TrustedNetworks"/> without what is wrong.</summary>
    internal ImmutableArray<IPNetwork> Networks() => [.. Entries().Select(Read).OfType<IPNetwork>()];

    private string[] Entries() => TrustedNetworks?.Split(Separator, StringSplitOptions.TrimEntries) ?? [];

    private static IPNetwork? Read(string text)
    {
        var whole = text.Contains('/', StringComparison.Ordinal) ? text : $"{text}/{(text.Contains(':', StringComparison.Ordinal) ? 128 : 32)}";
        return IPNetwork.TryParse(whole, out var network) && $"{network}" == Canonical(whole) ? network : null;
    }

    /// <summary>What the base library makes of the address: "10.1" and "010.1.0.0" are then seen to be something else than they look like.</summary>
    private static string? Canonical(string whole) => whole.Split('/') is [var address, var prefix] && IPAddress.TryParse(address, out var parsed)
        ? parsed.AddressFamily == AddressFamily.InterNetworkV6 ? $"{parsed}/{prefix}" : whole
        : null;
}
