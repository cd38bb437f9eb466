using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Pipeline.Delivery;

/// <summary>What kind of address it is, for the question whether we may connect to it.</summary>
public enum AddressClass
{
    /// <summary>Anybody's on the Internet.</summary>
    Public,

    /// <summary>Metadata, credentials and host services of a cloud. Refused always.</summary>
    Platform,
    Loopback,

    /// <summary>RFC 1918, 100.64/10 (RFC 6598), unique local (RFC 4193).</summary>
    Private,
    LinkLocal,
    Multicast,
    Unspecified,

    /// <summary>Anything else that is no host on the Internet (RFC 6890 and the IANA special-purpose registries), and tunnels.</summary>
    Reserved,
}

/// <summary>Which addresses a webhook may go to. Pure; asked about the address that is really connected to.</summary>
/// <remarks>
/// Judged after un-mapping: IPv4-mapped and -translated forms, NAT64 (RFC 6052, RFC 8215) and 6to4 (RFC 3056) stand for the IPv4 address
/// inside them. In IPv6 only 2000::/3 is given out (RFC 4291), so all else is refused without a list.
/// </remarks>
public static class AddressRule
{
    private static readonly ImmutableArray<(IPNetwork Network, AddressClass Class)> Special =
    [
        // The first match counts: platform addresses lie inside link-local and private ranges.
        Of("169.254.169.0/24", AddressClass.Platform), // instance metadata of Azure, AWS, GCP and others; Amazon's DNS and time
        Of("169.254.170.0/24", AddressClass.Platform), // credentials of AWS containers
        Of("169.254.128.0/22", AddressClass.Platform), // managed identity and host services of Azure App Service
        Of("168.63.129.16/32", AddressClass.Platform), // Azure's host: DHCP, DNS, agent
        Of("100.100.100.200/32", AddressClass.Platform), // Alibaba metadata
        Of("192.0.0.192/32", AddressClass.Platform), // Oracle metadata
        Of("fd00:ec2::/32", AddressClass.Platform), // AWS metadata, DNS and credentials
        Of("fd20:ce::/32", AddressClass.Platform), // GCP metadata
        Of("fe80::a9fe:a9fe/128", AddressClass.Platform), // OpenStack metadata

        Of("0.0.0.0/8", AddressClass.Unspecified),
        Of("10.0.0.0/8", AddressClass.Private),
        Of("100.64.0.0/10", AddressClass.Private),
        Of("127.0.0.0/8", AddressClass.Loopback),
        Of("169.254.0.0/16", AddressClass.LinkLocal),
        Of("172.16.0.0/12", AddressClass.Private),
        Of("192.0.0.0/24", AddressClass.Reserved),
        Of("192.0.2.0/24", AddressClass.Reserved),
        Of("192.88.99.0/24", AddressClass.Reserved),
        Of("192.168.0.0/16", AddressClass.Private),
        Of("198.18.0.0/15", AddressClass.Reserved),
        Of("198.51.100.0/24", AddressClass.Reserved),
        Of("203.0.113.0/24", AddressClass.Reserved),
        Of("224.0.0.0/4", AddressClass.Multicast),
        Of("240.0.0.0/4", AddressClass.Reserved),

        Of("::/128", AddressClass.Unspecified),
        Of("::1/128", AddressClass.Loopback),
        Of("fc00::/7", AddressClass.Private),
        Of("fe80::/10", AddressClass.LinkLocal),
        Of("fec0::/10", AddressClass.Private),
        Of("ff00::/8", AddressClass.Multicast),
        Of("2001::/23", AddressClass.Reserved), // Teredo and other protocol assignments
        Of("2001:db8::/32", AddressClass.Reserved),
        Of("3fff::/20", AddressClass.Reserved),
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork LocalNat64 = IPNetwork.Parse("64:ff9b:1::/48");

    /// <summary>Prefixes whose last 32 bits are an IPv4 address: compatible, translated (RFC 2765), NAT64.</summary>
    private static readonly ImmutableArray<IPNetwork> LastFourOctets =
        [IPNetwork.Parse("::/96"), IPNetwork.Parse("::ffff:0:0:0/96"), IPNetwork.Parse("64:ff9b::/96")];

    /// <summary>Where a translator with a prefix of 48, 56, 64 or 96 bits puts the octets of an IPv4 address (RFC 6052 section 2.2).</summary>
    private static readonly ImmutableArray<ImmutableArray<int>> Nat64Positions = [[6, 7, 9, 10], [7, 9, 10, 11], [9, 10, 11, 12], [12, 13, 14, 15]];

    /// <param name="address">The address that is connected to.</param>
    /// <param name="allowPrivate">The endpoint may be anywhere but at a platform address.</param>
    public static bool Allows(IPAddress address, bool allowPrivate) => Classify(address) switch
    {
        AddressClass.Public => true,
        AddressClass.Platform => false,
        _ => allowPrivate,
    };

    public static AddressClass Classify(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return Listed(address) ?? AddressClass.Public;
        }

        // First of all, because IPNetwork takes a mapped address for one of either family.
        if (address.IsIPv4MappedToIPv6)
        {
            return Classify(address.MapToIPv4());
        }

        // A scope takes no part in what an address is, and would keep the ranges from matching.
        var octets = address.GetAddressBytes();
        var plain = new IPAddress(octets);
        if (Listed(plain) is { } listed)
        {
            return listed;
        }

        if (LastFourOctets.Any(prefix => prefix.Contains(plain)))
        {
            return Classify(new IPAddress(octets.AsSpan(12)));
        }

        if (SixToFour.Contains(plain))
        {
            return Classify(new IPAddress(octets.AsSpan(2, 4)));
        }

        if (LocalNat64.Contains(plain))
        {
            return Nat64Positions.Any(at => Classify(new IPAddress([octets[at[0]], octets[at[1]], octets[at[2]], octets[at[3]]])) == AddressClass.Platform)
                ? AddressClass.Platform
                : AddressClass.Reserved;
        }

        return GlobalUnicast.Contains(plain) ? AddressClass.Public : AddressClass.Reserved;
    }

    private static AddressClass? Listed(IPAddress address)
    {
        foreach (var (network, kind) in Special)
        {
            if (network.Contains(address))
            {
                return kind;
            }
        }

        return null;
    }

    private static (IPNetwork Network, AddressClass Class) Of(string network, AddressClass kind) => (IPNetwork.Parse(network), kind);
}
