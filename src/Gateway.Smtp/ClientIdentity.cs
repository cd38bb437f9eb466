using System.Net;
using Gateway.Core;
using Gateway.Core.Events;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp;

/// <summary>What a server makes of the other ends of its connections, by its <see cref="ClientIpOptions"/>.</summary>
internal sealed class ClientIdentity(ClientIpOptions options, SmtpMetrics metrics, ILogger logger)
{
    /// <summary>Nobody that is known.</summary>
    public static readonly ClientFacts Unknown = new(null, ClientSource.Unknown);

    /// <summary>Addresses that no stranger's connection comes from (RFC 1918, 6598, 4193, 3927, 4291, 3879). Loopback is not one: it is a machine of ours, and a fact.</summary>
    private static readonly NetworkList Private = NetworkList.Of(
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10");

    /// <summary>Addresses that nobody's connection comes from: unspecified, multicast, broadcast, and IPv4 as it is no longer written (RFC 1122, 4291).</summary>
    private static readonly NetworkList Impossible = NetworkList.Of(
        "0.0.0.0/8",
        "224.0.0.0/3",
        "::/96",
        "ff00::/8");

    private readonly NetworkList _trusted = options.Networks();
    private bool _hasWarned;

    /// <summary>Connections begin with a PROXY header.</summary>
    public bool IsProxied => options.Mode == ClientIpMode.ProxyRequired;

    /// <summary>The peer may tell whom it speaks for.</summary>
    /// <param name="peer">An IPv4-mapped address as IPv4, as all of these; null: it is gone.</param>
    public bool Trusts(IPAddress? peer) => peer is not null && _trusted.Contains(peer);

    /// <summary>The client's address on a connection that has no header; null: it is unknown.</summary>
    public IPAddress? ClientOf(IPAddress? peer) => options.Mode == ClientIpMode.Direct && peer is not null && !Private.Contains(peer) ? peer : null;

    /// <summary>The client of a connection that has no header.</summary>
    public ClientFacts OfPeer(IPAddress? peer)
    {
        if (ClientOf(peer) is { } client)
        {
            return new($"{client}", ClientSource.Socket);
        }

        if (options.Mode == ClientIpMode.Direct && peer is not null)
        {
            Hidden("connect from");
        }

        return Unknown;
    }

    /// <summary>The client of a connection with a header.</summary>
    /// <param name="source">As the header says; null: it does not. That it is no client's address is no fault of the session: mail comes in, from nobody known.</param>
    public ClientFacts OfHeader(IPAddress? source)
    {
        if (source is null || (Impossible.Contains(source) && !IPAddress.IsLoopback(source)))
        {
            return Unknown;
        }

        if (Private.Contains(source))
        {
            Hidden("are, by the proxy's word, at");
            return Unknown;
        }

        return new($"{source}", ClientSource.Proxy);
    }

    private void Hidden(string how)
    {
        metrics.HiddenByNat();
        if (!Interlocked.Exchange(ref _hasWarned, true))
        {
            logger.BehindNat(how);
        }
    }
}
