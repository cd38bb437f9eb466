using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Azure.Stores;

/// <summary>A <c>Content-Disposition</c> that saves (RFC 6266), with a name that a stranger chose.</summary>
internal static class AttachmentName
{
    /// <summary>Longest name told, in UTF-8 octets: what file systems take.</summary>
    private const int MaxOctets = 255;

    // attr-char of RFC 8187 section 3.2.1.
    private static readonly SearchValues<byte> AttrChars =
        SearchValues.Create("!#$&+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>With <c>filename</c> in ASCII for old clients and <c>filename*</c> with all of it. What could leave a folder or end a field becomes '_'.</summary>
    public static string Disposition(string name)
    {
        var (ascii, encoded, octets) = (new StringBuilder(), new StringBuilder(), 0);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in name.EnumerateRunes())
        {
            var kept = Rune.IsControl(rune) || rune.Value is '/' or '\\' ? new Rune('_') : rune;
            var length = kept.EncodeToUtf8(utf8);
            octets += length;
            if (octets > MaxOctets)
            {
                break;
            }

            ascii.Append(kept.IsAscii && kept.Value is not ('"' or '%' or '\x7f') ? (char)kept.Value : '_');
            foreach (var octet in utf8[..length])
            {
                _ = AttrChars.Contains(octet) ? encoded.Append((char)octet) : encoded.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
            }
        }

        return octets == 0 ? "attachment" : $"attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}";
    }
}
