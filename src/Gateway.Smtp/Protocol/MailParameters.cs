using System.Buffers.Text;
using System.Text;
using Gateway.Core;

namespace Gateway.Smtp.Protocol;

/// <summary>The parameters of MAIL (RFC 5321 section 4.1.1.11).</summary>
/// <param name="SizeOctets">From SIZE= (RFC 1870); null when it was absent.</param>
/// <param name="Body">From BODY= (RFC 6152); 7BIT when it was absent.</param>
public sealed record MailParameters(long? SizeOctets, BodyType Body)
{
    public static readonly MailParameters None = new(null, BodyType.SevenBit);

    private static readonly MailParameters EightBit = new(null, BodyType.EightBitMime);

    /// <summary>Reads "SIZE=1000 BODY=8BITMIME". A keyword that is not offered: 555; a bad value or a keyword twice: 501.</summary>
    public static Outcome<MailParameters> Parse(ReadOnlySpan<byte> parameters)
    {
        long? size = null;
        BodyType? body = null;
        foreach (var range in parameters.Split((byte)' '))
        {
            var parameter = parameters[range];
            if (parameter.IsEmpty)
            {
                continue;
            }

            var equals = parameter.IndexOf((byte)'=');
            var keyword = equals < 0 ? parameter : parameter[..equals];
            var value = equals < 0 ? default : parameter[(equals + 1)..];
            if (Ascii.EqualsIgnoreCase(keyword, "SIZE"))
            {
                if (size is not null || ParseSize(value) is not { } octets)
                {
                    return Replies.SyntaxError;
                }

                size = octets;
            }
            else if (Ascii.EqualsIgnoreCase(keyword, "BODY"))
            {
                if (body is not null || ParseBody(value) is not { } type)
                {
                    return Replies.SyntaxError;
                }

                body = type;
            }
            else
            {
                return Replies.UnknownParameter;
            }
        }

        return (size, body) switch
        {
            (null, null or BodyType.SevenBit) => None,
            (null, BodyType.EightBitMime) => EightBit,
            _ => new MailParameters(size, body ?? BodyType.SevenBit),
        };
    }

    /// <summary>1 to 20 digits (RFC 1870 section 3); what is past 64 bits is past any limit too.</summary>
    internal static long? ParseSize(ReadOnlySpan<byte> value)
    {
        if (value.Length is 0 or > 20 || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return null;
        }

        return Utf8Parser.TryParse(value, out long octets, out _) ? octets : long.MaxValue;
    }

    private static BodyType? ParseBody(ReadOnlySpan<byte> value)
    {
        if (Ascii.EqualsIgnoreCase(value, "8BITMIME"))
        {
            return BodyType.EightBitMime;
        }

        if (Ascii.EqualsIgnoreCase(value, "BINARYMIME"))
        {
            return BodyType.BinaryMime;
        }

        return Ascii.EqualsIgnoreCase(value, "7BIT") ? BodyType.SevenBit : null;
    }
}
