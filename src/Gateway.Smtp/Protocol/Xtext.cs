using System.Buffers;
using System.Buffers.Text;

namespace Gateway.Smtp.Protocol;

/// <summary>How parameters carry text that has no place in one (RFC 3461 section 4): "+" and two capital hexadecimal digits for an octet.</summary>
internal static class Xtext
{
    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789ABCDEF"u8);

    /// <returns>How many octets were written, which are no more than were read; -1 when it is no xtext or there is no room.</returns>
    public static int Decode(ReadOnlySpan<byte> text, Span<byte> octets)
    {
        if (octets.Length < text.Length)
        {
            return -1;
        }

        var written = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '+')
            {
                if (text.Length - i < 3 || text.Slice(i + 1, 2).ContainsAnyExcept(Digits) || !Utf8Parser.TryParse(text.Slice(i + 1, 2), out byte octet, out _, 'X'))
                {
                    return -1;
                }

                octets[written++] = octet;
                i += 2;
            }
            else if (text[i] is < 33 or > 126 or (byte)'=')
            {
                return -1;
            }
            else
            {
                octets[written++] = text[i];
            }
        }

        return written;
    }
}
