using System.Collections.Immutable;
using System.Net;

namespace Gateway.Core;

/// <summary>Networks and single addresses as somebody wrote them into settings: 10.1.0.0/24, 2001:db8::/64, 192.0.2.7.</summary>
public sealed class NetworkList
{
    public static readonly NetworkList Empty = new([]);

    private const int MappedPrefix = 96;

    private readonly ImmutableArray<IPNetwork> _networks;

    private NetworkList(ImmutableArray<IPNetwork> networks) => _networks = networks;

    /// <summary>The networks of those entries that are well formed; ask <see cref="ProblemOf"/> about each first.</summary>
    public static NetworkList Of(params IEnumerable<string> entries) => new([.. entries.Select(Read).OfType<IPNetwork>()]);

    /// <summary>What is wrong with an entry, as the end of a sentence that begins with it; null: nothing.</summary>
    /// <remarks>Bits behind the prefix and shortened addresses (10.1) are wrong: they are mistakes more often than meant, and widen a list unseen.</remarks>
    public static string? ProblemOf(string entry)
    {
        if (Read(entry) is not { } network)
        {
            return "which is neither an address nor a network such as 10.1.0.0/24 without bits behind its prefix";
        }

        return network.BaseAddress.IsIPv4MappedToIPv6
            ? $"which is written as IPv4: {network.BaseAddress.MapToIPv4()}/{Math.Max(0, network.PrefixLength - MappedPrefix)}"
            : null;
    }

    /// <summary>One entry as a network, a single address with its whole length; null when it is malformed.</summary>
    public static IPNetwork? Read(string entry)
    {
        var whole = entry.Contains('/', StringComparison.Ordinal) ? entry : $"{entry}/{(entry.Contains(':', StringComparison.Ordinal) ? 128 : 32)}";
        return IPNetwork.TryParse(whole, out var network) && $"{network}" == Canonical(whole) ? network : null;
    }

    /// <param name="address">An IPv4-mapped one is in no network of IPv4: whoever has one makes it IPv4 first.</param>
    public bool Contains(IPAddress address)
    {
        foreach (var network in _networks)
        {
            if (network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What the base library makes of the address: "10.1" and "010.1.0.0" are then seen to be something else than they look like.</summary>
    private static string? Canonical(string whole) => whole.Split('/') is [var address, var prefix] && IPAddress.TryParse(address, out var parsed)
        ? address.Contains(':', StringComparison.Ordinal) ? $"{parsed}/{prefix}" : whole
        : null;
}
