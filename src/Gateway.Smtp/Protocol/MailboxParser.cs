using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Gateway.Core;

namespace Gateway.Smtp.Protocol;

/// <summary>
/// Mailboxes (RFC 5321 section 4.1.2, with the letters that RFC 6531 section 3.3 adds). Total: any octets give a value or null, never an exception.
/// </summary>
/// <remarks>
/// What is not ASCII must be UTF-8 (RFC 3629) without the controls U+0080 to U+009F. A local-part is kept as it was sent, in no normal form: what is
/// one address is the receiver's to say. A domain becomes one of A-labels.
/// </remarks>
internal static class MailboxParser
{
    /// <summary>RFC 5321 section 4.5.3.1.1, quotes and backslashes included; in UTF-8.</summary>
    public const int MaxLocalPartOctets = 64;

    /// <summary>A path without its brackets (RFC 5321 section 4.5.3.1.3), as it was sent and as it is kept.</summary>
    public const int MaxOctets = 254;

    private static readonly SearchValues<byte> Atext = SearchValues.Create(
    [
        .. "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"u8,
        .. Enumerable.Range(0x80, 0x80).Select(octet => (byte)octet),
    ]);

    /// <summary>Reads a local-part and, behind '@', a domain or address literal; the domain is "" when there is none.</summary>
    public static Mailbox? Parse(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > MaxOctets || !IsText(octets) || TakeLocalPart(octets, out var length) is not { } local)
        {
            return null;
        }

        var rest = octets[length..];
        if (rest.IsEmpty)
        {
            return new(local, "");
        }

        if (rest[0] != '@' || (rest[1..].StartsWith((byte)'[') ? AddressLiteral.Parse(rest[1..]) : ParseDomain(rest[1..])) is not { } domain)
        {
            return null;
        }

        // An A-label may be longer than its U-label, and an event has room for so many octets.
        return length + 1 + domain.Length <= MaxOctets ? new(local, domain) : null;
    }

    /// <summary>A domain in lower case, with A-labels for U-labels; null when it is none. 254 octets at most.</summary>
    public static string? ParseDomain(ReadOnlySpan<byte> octets)
    {
        Span<char> name = stackalloc char[MaxOctets]; // no more than the octets; one that is no UTF-8 becomes U+FFFD, which no domain has
        return Idna.ToAscii(name[..Encoding.UTF8.GetChars(octets, name)]);
    }

    /// <summary>Whether octets are ASCII, or UTF-8 without controls; what is ASCII is for the grammar to judge.</summary>
    private static bool IsText(ReadOnlySpan<byte> octets)
    {
        if (Ascii.IsValid(octets))
        {
            return true;
        }

        for (var i = 1; i < octets.Length; i++)
        {
            if (octets[i - 1] == 0xc2 && octets[i] < 0xa0)
            {
                return false;
            }
        }

        return Utf8.IsValid(octets);
    }

    /// <summary>The meaning of a dot-string or quoted-string; null when it is neither, or too long.</summary>
    private static string? TakeLocalPart(ReadOnlySpan<byte> octets, out int length) =>
        octets.StartsWith((byte)'"') ? TakeQuotedString(octets, out length) : TakeDotString(octets, out length);

    private static string? TakeDotString(ReadOnlySpan<byte> octets, out int length)
    {
        var end = octets.IndexOf((byte)'@');
        length = end < 0 ? octets.Length : end;
        if (length is 0 or > MaxLocalPartOctets)
        {
            return null;
        }

        var local = octets[..length];
        foreach (var range in local.Split((byte)'.'))
        {
            var atom = local[range];
            if (atom.IsEmpty || atom.ContainsAnyExcept(Atext))
            {
                return null;
            }
        }

        return Encoding.UTF8.GetString(local);
    }

    private static string? TakeQuotedString(ReadOnlySpan<byte> octets, out int length)
    {
        Span<byte> meaning = stackalloc byte[MaxLocalPartOctets];
        var written = 0;
        length = 0;
        for (var i = 1; i < octets.Length && i < MaxLocalPartOctets; i++)
        {
            var octet = octets[i];
            if (octet == '"')
            {
                length = i + 1;
                return Encoding.UTF8.GetString(meaning[..written]);
            }

            if (octet == '\\')
            {
                if (++i == octets.Length || octets[i] > 0x7e)
                {
                    return null; // quoted-pairSMTP is ASCII in RFC 6531 too
                }

                octet = octets[i];
            }

            if (octet is < 0x20 or 0x7f)
            {
                return null;
            }

            meaning[written++] = octet;
        }

        return null;
    }
}
