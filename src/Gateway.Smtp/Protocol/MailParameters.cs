using System.Buffers.Text;
using System.Text;
using Gateway.Core;

namespace Gateway.Smtp.Protocol;

/// <summary>The parameters of MAIL (RFC 5321 section 4.1.1.11).</summary>
/// <param name="SizeOctets">From SIZE= (RFC 1870); null when it was absent.</param>
/// <param name="Body">From BODY= (RFC 6152, RFC 3030); 7BIT when it was absent.</param>
/// <param name="SmtpUtf8">SMTPUTF8 was given (RFC 6531 section 3.4): the envelope and the header of the message may have more than ASCII.</param>
/// <remarks>AUTH= (RFC 4954 section 5) is read and not kept: who relays would pass it on, and who trusts a client's word for it would be deceived.</remarks>
public sealed record MailParameters(long? SizeOctets, BodyType Body, bool SmtpUtf8)
{
    /// <summary>Longest value of AUTH= (RFC 4954 section 3).</summary>
    public const int MaxAuthOctets = 500;

    public static readonly MailParameters None = new(null, BodyType.SevenBit, SmtpUtf8: false);

    private static readonly MailParameters EightBit = new(null, BodyType.EightBitMime, SmtpUtf8: false);

    private enum Keyword
    {
        Unknown,
        Size,
        Body,
        SmtpUtf8,
        Auth,
    }

    /// <summary>
    /// Reads "SIZE=1000 BODY=8BITMIME", in any order. A keyword that is not offered: 555 5.5.4; what is no keyword, a bad value, or a keyword twice: 501 5.5.4.
    /// </summary>
    /// <param name="parameters">What followed the path.</param>
    /// <param name="offersAuth">This listener announces AUTH; the others are offered by all.</param>
    public static Outcome<MailParameters> Parse(ReadOnlySpan<byte> parameters, bool offersAuth)
    {
        var (size, body, given) = ((long?)null, BodyType.SevenBit, 0);
        ReadOnlySpan<byte> auth = default;
        foreach (var range in parameters.Split((byte)' '))
        {
            var parameter = parameters[range];
            if (parameter.IsEmpty)
            {
                continue;
            }

            var equals = parameter.IndexOf((byte)'=');
            var name = equals < 0 ? parameter : parameter[..equals];
            var value = equals < 0 ? default : parameter[(equals + 1)..];
            var keyword = Find(name);
            if (keyword == Keyword.Unknown || (keyword == Keyword.Auth && !offersAuth))
            {
                return IsKeyword(name) ? Replies.UnknownParameter : Replies.SyntaxError;
            }

            var isTwice = (given & (1 << (int)keyword)) != 0;
            given |= 1 << (int)keyword;
            var isGood = keyword switch
            {
                Keyword.Size => TryParseSize(value, out size),
                Keyword.Body => TryParseBody(value, out body),
                Keyword.SmtpUtf8 => equals < 0,
                _ => !(auth = value).IsEmpty,
            };
            if (isTwice || !isGood)
            {
                return Replies.SyntaxError;
            }
        }

        var isUtf8 = (given & (1 << (int)Keyword.SmtpUtf8)) != 0;
        return auth.IsEmpty || IsSubmitter(auth, isUtf8) ? Of(size, body, isUtf8) : Replies.SyntaxError;
    }

    // The two that nearly every message has are made once.
    private static MailParameters Of(long? size, BodyType body, bool isUtf8) => (size, body, isUtf8) switch
    {
        (null, BodyType.SevenBit, false) => None,
        (null, BodyType.EightBitMime, false) => EightBit,
        _ => new(size, body, isUtf8),
    };

    private static Keyword Find(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "SIZE") ? Keyword.Size
        : Ascii.EqualsIgnoreCase(name, "BODY") ? Keyword.Body
        : Ascii.EqualsIgnoreCase(name, "SMTPUTF8") ? Keyword.SmtpUtf8
        : Ascii.EqualsIgnoreCase(name, "AUTH") ? Keyword.Auth
        : Keyword.Unknown;

    /// <summary>Letters, digits and hyphens that are not the first (RFC 5321 section 4.1.2, esmtp-keyword).</summary>
    private static bool IsKeyword(ReadOnlySpan<byte> name)
    {
        foreach (var octet in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)octet) && octet != '-')
            {
                return false;
            }
        }

        return !name.IsEmpty && name[0] != '-';
    }

    /// <summary>1 to 20 digits (RFC 1870 section 3); what is past 64 bits is past any limit too.</summary>
    internal static bool TryParseSize(ReadOnlySpan<byte> value, out long? size)
    {
        size = Utf8Parser.TryParse(value, out long octets, out _) ? octets : long.MaxValue;
        return value.Length is > 0 and <= 20 && !value.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    private static bool TryParseBody(ReadOnlySpan<byte> value, out BodyType body)
    {
        BodyType? found = Ascii.EqualsIgnoreCase(value, "8BITMIME") ? BodyType.EightBitMime
            : Ascii.EqualsIgnoreCase(value, "7BIT") ? BodyType.SevenBit
            : Ascii.EqualsIgnoreCase(value, "BINARYMIME") ? BodyType.BinaryMime
            : null;
        body = found ?? BodyType.SevenBit;
        return found is not null;
    }

    /// <summary>"&lt;&gt;" or a mailbox, in xtext; beyond ASCII only beside SMTPUTF8.</summary>
    private static bool IsSubmitter(ReadOnlySpan<byte> value, bool isUtf8)
    {
        if (value.SequenceEqual("<>"u8))
        {
            return true;
        }

        Span<byte> octets = stackalloc byte[MaxAuthOctets];
        var length = Xtext.Decode(value, octets);
        return length > 0 && (isUtf8 || Ascii.IsValid(octets[..length])) && MailboxParser.Parse(octets[..length]) is { Domain.Length: > 0 };
    }
}
