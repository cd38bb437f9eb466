using System.Net.Sockets;
using Gateway.Core;

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

    /// <summary>How it becomes known: it is the other end of the connection (Direct), a PROXY header tells it (ProxyRequired), or nothing does (Unavailable). Default <see cref="ClientIpMode.Direct"/>.</summary>
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
            if (NetworkList.ProblemOf(text) is { } problem)
            {
                yield return $"ClientIp:TrustedNetworks has {text}, {problem}";
            }
            else if (NetworkList.Read(text) is { } network && network.PrefixLength < (network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? LeastIPv4Prefix : LeastIPv6Prefix))
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
    internal NetworkList Networks() => NetworkList.Of(Entries());

    private string[] Entries() => TrustedNetworks?.Split(Separator, StringSplitOptions.TrimEntries) ?? [];
}
