using System.Buffers.Binary;
using System.Net;

namespace Gateway.Core;

/// <summary>Networks and single addresses as somebody wrote them into settings: 10.1.0.0/24, 2001:db8::/64, 192.0.2.7.</summary>
public sealed class NetworkList
{
    public static readonly NetworkList Empty = new([]);

    private const int MappedPrefix = 96;
    private const int IPv4Bits = 32;
    private const int IPv6Bits = 128;

    private readonly Ranges _ipv4;
    private readonly Ranges _ipv6;

    private NetworkList(IPNetwork[] networks)
    {
        _ipv4 = new(networks, IPv4Bits);
        _ipv6 = new(networks, IPv6Bits);
    }

    public bool IsEmpty => _ipv4.IsEmpty && _ipv6.IsEmpty;

    /// <summary>The networks of those entries that are well formed; ask <see cref="ProblemOf"/> about each first.</summary>
    public static NetworkList Of(params IEnumerable<string> entries) => new([.. entries.Select(Read).OfType<IPNetwork>()]);

    /// <summary>What is wrong with an entry, as the end of a sentence that begins with it; null: nothing.</summary>
    /// <remarks>
    /// Bits behind the prefix and shortened addresses (10.1) are wrong: they are mistakes more often than meant, and widen a list unseen.
    /// So is a zone (fe80::1%1), which would not be looked at.
    /// </remarks>
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
        return !entry.Contains('%', StringComparison.Ordinal) && IPNetwork.TryParse(whole, out var network) && $"{network}" == Canonical(whole) ? network : null;
    }

    /// <param name="address">An IPv4-mapped one is in no network of IPv4: whoever has one makes it IPv4 first.</param>
    /// <remarks>A binary search: a list of thousands costs no more than a short one.</remarks>
    public bool Contains(IPAddress address) => Number(address, out var number) == IPv4Bits ? _ipv4.Contains(number) : _ipv6.Contains(number);

    /// <summary>What the base library makes of the address: "10.1" and "010.1.0.0" are then seen to be something else than they look like.</summary>
    private static string? Canonical(string whole) => whole.Split('/') is [var address, var prefix] && IPAddress.TryParse(address, out var parsed)
        ? address.Contains(':', StringComparison.Ordinal) ? $"{parsed}/{prefix}" : whole
        : null;

    /// <returns>How many bits the number has.</returns>
    private static int Number(IPAddress address, out UInt128 number)
    {
        Span<byte> octets = stackalloc byte[IPv6Bits / 8];
        address.TryWriteBytes(octets, out var length);
        number = length == IPv4Bits / 8 ? BinaryPrimitives.ReadUInt32BigEndian(octets) : BinaryPrimitives.ReadUInt128BigEndian(octets);
        return length * 8;
    }

    /// <summary>The networks of one family from first to last address, apart from each other and in order.</summary>
    private readonly struct Ranges
    {
        private readonly UInt128[] _first;
        private readonly UInt128[] _last;

        public Ranges(IPNetwork[] networks, int bits)
        {
            var all = new List<(UInt128 First, UInt128 Last)>();
            foreach (var network in networks)
            {
                if (Number(network.BaseAddress, out var first) == bits)
                {
                    all.Add((first, first + HostMask(bits - network.PrefixLength)));
                }
            }

            // One network holds another or is apart from it, and the one that holds comes first.
            var apart = new List<(UInt128 First, UInt128 Last)>();
            foreach (var range in all.OrderBy(range => range.First).ThenByDescending(range => range.Last))
            {
                if (apart.Count == 0 || range.First > apart[^1].Last)
                {
                    apart.Add(range);
                }
            }

            (_first, _last) = ([.. apart.Select(range => range.First)], [.. apart.Select(range => range.Last)]);
        }

        public bool IsEmpty => _first.Length == 0;

        public bool Contains(UInt128 address)
        {
            var found = Array.BinarySearch(_first, address);
            var at = found >= 0 ? found : ~found - 1; // else the last one that begins before
            return at >= 0 && address <= _last[at];
        }

        private static UInt128 HostMask(int bits) => bits == IPv6Bits ? UInt128.MaxValue : (UInt128.One << bits) - 1;
    }
}
