using System.Collections.Immutable;
using System.Net;
using Gateway.Core.Events;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp;

/// <summary>What a server makes of the other ends of its connections, by its <see cref="ClientIpOptions"/>.</summary>
internal sealed class ClientIdentity(ClientIpOptions options, SmtpMetrics metrics, ILogger logger)
{
    private static readonly ClientFacts Unknown = new(null, ClientSource.Unknown);

    /// <summary>Addresses that no stranger's connection comes from (RFC 1918, 6598, 4193, 3927, 4291). Loopback is not one: it is this machine, and a fact.</summary>
    private static readonly ImmutableArray<IPNetwork> Private =
    [
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("100.64.0.0/10"),
        IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("fc00::/7"),
        IPNetwork.Parse("fe80::/10"),
    ];

    private readonly ImmutableArray<IPNetwork> _trusted = options.Networks();
    private bool _hasWarned;

    /// <summary>Connections begin with a PROXY header.</summary>
    public bool IsProxied => options.Mode == ClientIpMode.ProxyRequired;

    /// <summary>The peer may tell whom it speaks for.</summary>
    public bool Trusts(IPAddress? peer) => peer is not null && IsIn(_trusted, peer);

    /// <summary>The client of a connection that has no header.</summary>
    public ClientFacts OfPeer(IPAddress? peer)
    {
        if (options.Mode != ClientIpMode.Direct || peer is null)
        {
            return Unknown;
        }

        if (!IsIn(Private, peer))
        {
            return new($"{peer}", ClientSource.Socket);
        }

        metrics.HiddenByNat();
        if (!Interlocked.Exchange(ref _hasWarned, true))
        {
            logger.BehindNat();
        }

        return Unknown;
    }

    /// <param name="source">As the header says; null: it does not.</param>
    public static ClientFacts OfHeader(IPAddress? source) => source is null ? Unknown : new($"{source}", ClientSource.Proxy);

    private static bool IsIn(ImmutableArray<IPNetwork> networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
