using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;

namespace Gateway.Smtp.Protocol;

/// <summary>What was found at the front of a connection that has to begin with a PROXY header.</summary>
public enum ProxyStatus
{
    /// <summary>Not whole yet, and nothing wrong with it so far.</summary>
    NeedMore,
    Complete,

    /// <summary>It is no PROXY header, or not one that may be taken.</summary>
    Malformed,
}

/// <summary>
/// The header by which a proxy tells whom it speaks for: the PROXY protocol, version 1 (a line) and 2 (octets), by its specification at haproxy.org,
/// sections 2.1 and 2.2.
/// </summary>
/// <remarks>The answer depends on the octets alone, never on how they were cut into segments. What is not TCP over IP is refused: SMTP is nothing else.</remarks>
public static class ProxyHeader
{
    /// <summary>Longest line of version 1, CRLF included (section 2.1).</summary>
    public const int MaxLineOctets = 107;

    /// <summary>Longest header of version 2 taken. Our own: its length field allows 65,551; what proxies send stays under 536, the size that receivers have to take.</summary>
    public const int MaxBinaryOctets = 4_096;

    private const int PrefixOctets = 16;
    private const int Version2 = 0x20;
    private const int Local = 0;
    private const int Proxied = 1;
    private const int TcpOverIPv4 = 0x11;
    private const int TcpOverIPv6 = 0x21;

    /// <summary>Begins like neither an SMTP command nor the line of version 1.</summary>
    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads the header at the front of the input.</summary>
    /// <param name="input">All that came so far.</param>
    /// <param name="source">The client's address, an IPv4-mapped one as IPv4; null: the proxy speaks for itself (UNKNOWN, LOCAL), which is how it probes.</param>
    /// <param name="consumed">Octets of the header; 0 unless complete.</param>
    public static ProxyStatus TryTake(ReadOnlySpan<byte> input, out IPAddress? source, out int consumed)
    {
        var status = Read(input, out var told, out consumed);
        source = status == ProxyStatus.Complete ? told : null; // what is wrong tells nothing
        return status;
    }

    private static ProxyStatus Read(ReadOnlySpan<byte> input, out IPAddress? source, out int consumed)
    {
        (source, consumed) = (null, 0);
        var begin = input[..Math.Min(input.Length, Signature.Length)];
        if (begin.SequenceEqual(Signature[..begin.Length]))
        {
            return begin.Length < Signature.Length ? ProxyStatus.NeedMore : TryTakeBinary(input, out source, out consumed);
        }

        begin = input[..Math.Min(input.Length, "PROXY "u8.Length)];
        return begin.SequenceEqual("PROXY "u8[..begin.Length]) ? TryTakeLine(input, out source, out consumed) : ProxyStatus.Malformed;
    }

    private static ProxyStatus TryTakeLine(ReadOnlySpan<byte> input, out IPAddress? source, out int consumed)
    {
        (source, consumed) = (null, 0);
        switch (CommandLine.TryTake(input, MaxLineOctets, out var line, out var octets))
        {
            case LineStatus.NeedMore:
                return ProxyStatus.NeedMore;
            case LineStatus.Complete when IsProxy(line["PROXY ".Length..], out source):
                consumed = octets;
                return ProxyStatus.Complete;
            default:
                return ProxyStatus.Malformed;
        }
    }

    /// <summary>
    /// "TCP4 source destination port port", one space each; or UNKNOWN with whatever behind it. One more space at the end is let pass, which the specification
    /// does not have: Azure's page about the headers of Application Gateway shows it.
    /// </summary>
    private static bool IsProxy(ReadOnlySpan<byte> text, out IPAddress? source)
    {
        source = null;
        if (text.SequenceEqual("UNKNOWN"u8) || text.StartsWith("UNKNOWN "u8))
        {
            return true;
        }

        if (text is [.., (byte)' '])
        {
            text = text[..^1];
        }

        var family = Take(ref text);
        return (family.SequenceEqual("TCP4"u8) || family.SequenceEqual("TCP6"u8))
            && TryReadAddress(family, Take(ref text), out source)
            && TryReadAddress(family, Take(ref text), out _)
            && IsPort(Take(ref text))
            && IsPort(text); // the last one: a space in it would make it no number
    }

    /// <summary>What is in front of the next space, which is dropped; all there is when there is none.</summary>
    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> text)
    {
        var space = text.IndexOf((byte)' ');
        var field = space < 0 ? text : text[..space];
        text = space < 0 ? [] : text[(space + 1)..];
        return field;
    }

    private static bool TryReadAddress(ReadOnlySpan<byte> family, ReadOnlySpan<byte> text, out IPAddress? address)
    {
        address = Unmapped(family[^1] == '4' ? AddressLiteral.ReadIPv4(text) : AddressLiteral.ReadIPv6(text));
        return address is not null;
    }

    private static bool IsPort(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out ushort _, out var used) && used == text.Length && (text.Length == 1 || text[0] != '0');

    private static ProxyStatus TryTakeBinary(ReadOnlySpan<byte> input, out IPAddress? source, out int consumed)
    {
        (source, consumed) = (null, 0);
        if (input.Length < PrefixOctets)
        {
            return ProxyStatus.NeedMore;
        }

        var (command, kind) = (input[12] ^ Version2, (int)input[13]);
        var length = BinaryPrimitives.ReadUInt16BigEndian(input[14..]);
        if (command is not (Local or Proxied) || PrefixOctets + length > MaxBinaryOctets)
        {
            return ProxyStatus.Malformed;
        }

        if (input.Length < PrefixOctets + length)
        {
            return ProxyStatus.NeedMore;
        }

        if (command == Proxied && !TryReadBlock(kind, input.Slice(PrefixOctets, length), out source))
        {
            return ProxyStatus.Malformed;
        }

        consumed = PrefixOctets + length; // what is behind the addresses (TLVs) is not for us
        return ProxyStatus.Complete;
    }

    /// <summary>Source, destination, two ports of two octets. Unspecified (0) has none of them, and is taken as version 1 takes UNKNOWN.</summary>
    private static bool TryReadBlock(int kind, ReadOnlySpan<byte> block, out IPAddress? source)
    {
        source = kind switch
        {
            TcpOverIPv4 when block.Length >= 12 => new(block[..4]),
            TcpOverIPv6 when block.Length >= 36 => Unmapped(new(block[..16])),
            _ => null,
        };
        return source is not null || kind == 0;
    }

    private static IPAddress? Unmapped(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
