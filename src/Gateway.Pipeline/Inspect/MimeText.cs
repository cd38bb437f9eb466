using System.Text;
using MimeKit;

namespace Gateway.Pipeline.Inspect;

/// <summary>Text out of header fields, made harmless: valid Unicode, one line, no control characters.</summary>
internal static class MimeText
{
    // MimeKit looks charsets up by name.
    static MimeText() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>Lenient, as Postel asks of a receiver, and bounded in depth.</summary>
    public static ParserOptions ParserOptions(InspectOptions limits) => new()
    {
        MaxMimeDepth = limits.MaxDepth,
        AllowAddressesWithoutDomain = true,
        AllowUnquotedCommasInAddresses = true,
    };

    /// <summary>Unfolds and trims; line ends and tabs become a space, other control characters and lone surrogates U+FFFD.</summary>
    public static string Line(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                clean.Append(c).Append(text[++i]);
                continue;
            }

            switch (c)
            {
                case '\r' when i + 1 < text.Length && text[i + 1] == '\n':
                    break;
                case '\uFEFF' when clean.Length == 0: // a byte order mark, of UTF-16 in an encoded word
                    break;
                case '\r' or '\n' or '\t':
                    clean.Append(' ');
                    break;
                default:
                    clean.Append(char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c);
                    break;
            }
        }

        return clean.ToString().Trim(' ');
    }

    /// <summary>The first characters of a text; a surrogate pair stays whole or away.</summary>
    public static string Cut(string text, int maxCharacters)
    {
        if (text.Length <= maxCharacters)
        {
            return text;
        }

        return text[..(char.IsHighSurrogate(text[maxCharacters - 1]) ? maxCharacters - 1 : maxCharacters)];
    }
}
