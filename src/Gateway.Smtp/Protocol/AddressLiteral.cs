using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Smtp.Protocol;

/// <summary>Address literals (RFC 5321 section 4.1.3). Only IPv4 and IPv6: no other tag has ever been registered, so General-address-literal has no form.</summary>
public static class AddressLiteral
{
    private const int MaxOctets = 64;

    // The base library also takes brackets, ports and scopes, which are not for the wire.
    private static readonly SearchValues<byte> InIPv6 = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    private static readonly SearchValues<byte> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>Reads "[192.0.2.1]" or "[IPv6:2001:db8::1]", brackets included.</summary>
    /// <returns>The literal in its canonical form; null when it is none.</returns>
    public static string? Parse(ReadOnlySpan<byte> octets)
    {
        if (octets.Length is < 3 or > MaxOctets || octets[0] != '[' || octets[^1] != ']')
        {
            return null;
        }

        var inner = octets[1..^1];
        if (inner.Length > 5 && Ascii.EqualsIgnoreCase(inner[..5], "IPv6:"))
        {
            return IsIPv6(inner[5..]) && ReadIPv6(inner[5..]) is { } address ? Format(address) : null;
        }

        return IsIPv4(inner) ? Encoding.ASCII.GetString(octets) : null;
    }

    /// <summary>The literal for an address that is known.</summary>
    public static string Format(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[IPv6:{address}]" : $"[{address}]";

    /// <summary>An IPv4 address as text, without brackets; null when it is none.</summary>
    internal static IPAddress? ReadIPv4(ReadOnlySpan<byte> octets) => IsIPv4(octets) ? IPAddress.Parse(Encoding.ASCII.GetString(octets)) : null;

    /// <summary>An IPv6 address as text, without brackets, tag and scope; null when it is none.</summary>
    internal static IPAddress? ReadIPv6(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > MaxOctets || octets.ContainsAnyExcept(InIPv6) || !octets.Contains((byte)':'))
        {
            return null;
        }

        return IPAddress.TryParse(Encoding.ASCII.GetString(octets), out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? address : null;
    }

    /// <summary>
    /// Eight groups, of which an IPv4 address may stand for the last two and "::", once, for at least two that are zero. For one the base library, and who is
    /// not bound by this grammar, takes it too.
    /// </summary>
    private static bool IsIPv6(ReadOnlySpan<byte> octets)
    {
        var gap = octets.IndexOf("::"u8);
        if (gap < 0)
        {
            return CountGroups(octets, isEnd: true) == 8;
        }

        var (before, behind) = (CountGroups(octets[..gap], isEnd: false), CountGroups(octets[(gap + 2)..], isEnd: true));
        return before >= 0 && behind >= 0 && before + behind <= 6;
    }

    /// <returns>How many groups of 16 bits the text stands for; -1 when it is malformed.</returns>
    private static int CountGroups(ReadOnlySpan<byte> octets, bool isEnd)
    {
        var groups = 0;
        if (octets.IsEmpty)
        {
            return 0;
        }

        foreach (var range in octets.Split((byte)':'))
        {
            var group = octets[range];
            if (group.Length is > 0 and <= 4 && !group.ContainsAnyExcept(Hexadecimal))
            {
                groups++;
            }
            else if (isEnd && range.End.Value == octets.Length && IsIPv4(group))
            {
                groups += 2;
            }
            else
            {
                return -1;
            }
        }

        return groups;
    }

    /// <summary>Four decimal numbers without leading zeros: what "010" means differs between readers, so nobody is given it to read.</summary>
    private static bool IsIPv4(ReadOnlySpan<byte> octets)
    {
        var numbers = 0;
        foreach (var range in octets.Split((byte)'.'))
        {
            var number = octets[range];
            var isNumber = number.Length is 1 or 2 or 3 && Utf8Parser.TryParse(number, out byte _, out var used) && used == number.Length;
            if (!isNumber || (number.Length > 1 && number[0] == '0') || ++numbers > 4)
            {
                return false;
            }
        }

        return numbers == 4;
    }
}
