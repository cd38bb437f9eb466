using System.Globalization;
using System.Text;

namespace Gateway.Pipeline.Inspect;

/// <summary>Names of charsets as senders write them (RFC 2978), and what they mean.</summary>
internal static class CharsetName
{
    /// <summary>
    /// For what names no known charset and is not UTF-8. What calls itself ISO 8859-1 often is this superset of it, which has letters where
    /// the other has control characters.
    /// </summary>
    public static readonly Encoding Western = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    private static readonly Encoding StrictUtf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);

    static CharsetName() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>
    /// Null for an unknown one. Without a name, and for US-ASCII that may not be, UTF-8 which throws at octets that are none: they are then
    /// something older.
    /// </summary>
    public static Encoding? Find(string? name)
    {
        switch (name?.Trim().ToLowerInvariant())
        {
            case null or "" or "us-ascii" or "ascii" or "utf-8" or "utf8" or "unicode-1-1-utf-8" or "ansi_x3.4-1968":
                return StrictUtf8;
            case "iso-8859-1" or "iso_8859-1" or "latin1":
                return Western;
            case "gbk" or "gb2312" or "gb_2312-80" or "gb18030":
                return Named("gb18030"); // a superset of the others
            case { } other:
                return Named(other) ?? Numbered(other);
        }
    }

    private static Encoding? Named(string name)
    {
        try
        {
            return Encoding.GetEncoding(name);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    // "cp1252", "windows-1252", "x-cp1252", "windows1252".
    private static Encoding? Numbered(string name)
    {
        var bare = name.StartsWith("x-", StringComparison.Ordinal) ? name[2..] : name;
        foreach (var prefix in (ReadOnlySpan<string>)["windows", "cp"])
        {
            if (bare.StartsWith(prefix, StringComparison.Ordinal)
                && int.TryParse(bare[prefix.Length..].TrimStart('-'), NumberStyles.None, CultureInfo.InvariantCulture, out var page)
                && page is > 0 and < 65_000)
            {
                return CodePagesEncodingProvider.Instance.GetEncoding(page);
            }
        }

        return null;
    }
}
