using System.Buffers;
using System.Text;
using Gateway.Core;

namespace Gateway.Smtp.Protocol;

/// <summary>What a client calls itself in EHLO or HELO (RFC 5321 section 4.1.1.1).</summary>
public static class HeloName
{
    // Wider than a domain by '_' and by hyphens at the ends: real hosts are named so, and refusing them refuses their mail.
    private static readonly SearchValues<byte> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."u8);

    /// <summary>A domain or an address literal; the case of a domain is kept. It is safe to write into a header field.</summary>
    public static Outcome<string> Parse(ReadOnlySpan<byte> argument)
    {
        if (argument.StartsWith((byte)'['))
        {
            return AddressLiteral.Parse(argument) is { } literal ? literal : Replies.BadHelo;
        }

        return argument.Length is > 0 and <= DomainName.MaxOctets && !argument.ContainsAnyExcept(Allowed)
            ? Encoding.ASCII.GetString(argument)
            : Replies.BadHelo;
    }
}
