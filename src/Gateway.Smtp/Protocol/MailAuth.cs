using System.Buffers;

namespace Gateway.Smtp.Protocol;

/// <summary>
/// AUTH= of MAIL (RFC 4954 section 5): who, as the client says, wrote the message first. Whoever announces AUTH has to take it, from anybody; that nobody
/// here believes it is the same as <c>AUTH=&lt;&gt;</c>.
/// </summary>
public static class MailAuth
{
    private const int MaxOctets = 500; // by which RFC 4954 section 3 lengthens the command

    private static readonly SearchValues<byte> NoXtext =
        SearchValues.Create([.. Enumerable.Range(0, 256).Where(octet => octet is < '!' or '=' or > '~').Select(octet => (byte)octet)]);

    /// <summary>Whether it is <c>&lt;&gt;</c> or xtext (RFC 3461 section 4): printable ASCII, with '+' and two upper-case hexadecimal digits for '+', '=' and the rest.</summary>
    public static bool IsValid(ReadOnlySpan<byte> value)
    {
        if (value.Length is 0 or > MaxOctets || value.ContainsAny(NoXtext))
        {
            return false;
        }

        for (var plus = value.IndexOf((byte)'+'); plus >= 0; plus = value.IndexOf((byte)'+'))
        {
            if (value.Length < plus + 3 || !char.IsAsciiHexDigitUpper((char)value[plus + 1]) || !char.IsAsciiHexDigitUpper((char)value[plus + 2]))
            {
                return false;
            }

            value = value[(plus + 3)..];
        }

        return true;
    }
}
