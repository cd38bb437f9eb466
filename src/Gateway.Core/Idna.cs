using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Core;

/// <summary>Domain names in other letters than ASCII's: U-labels to A-labels as a look-up does it (IDNA 2008: RFC 5890 to 5892, RFC 5891 section 5).</summary>
/// <remarks>
/// <para>
/// Before that, of the mapping in RFC 5895 section 2, upper case becomes lower and an ideographic full stop (U+3002, U+FF0E, U+FF61) becomes '.'. Case is mapped
/// one character to one: a capital sigma becomes "σ", also at the end of a word.
/// </para>
/// <para>
/// Not checked: the Bidi rule (RFC 5893), and that a label is in normal form C, for which the base library needs ICU. A name that breaks either cannot be
/// registered, and here it is simply another domain: one that nobody has configured.
/// </para>
/// <para>
/// A label that is an A-label already is checked for its encoding and not for its code points: names that were registered before IDNA 2008 (a symbol, say) are
/// in use, and their owners write them as A-labels.
/// </para>
/// </remarks>
public static class Idna
{
    private const string Prefix = "xn--";

    /// <summary>What may stand between labels (RFC 5895 section 2).</summary>
    internal static readonly SearchValues<char> Dots = SearchValues.Create(".\u3002\uff0e\uff61");

    /// <summary>The form in which domain names are compared and kept: ASCII in lower case, U-labels as A-labels.</summary>
    /// <param name="domain">A domain name of any labels; without a last dot, and no address literal.</param>
    /// <returns>
    /// Null when the name is none by <see cref="DomainName.IsValid"/>, a label that is not ASCII is no U-label, or one that begins with "xn--" is not the
    /// Punycode of something. Any text gives an answer and no exception.
    /// </returns>
    public static string? ToAscii(ReadOnlySpan<char> domain)
    {
        Span<char> ascii = stackalloc char[DomainName.MaxOctets];
        var length = 0;
        foreach (var range in domain.SplitAny(Dots))
        {
            if (length == ascii.Length)
            {
                return null;
            }

            if (length > 0)
            {
                ascii[length++] = '.';
            }

            var written = WriteLabel(domain[range], ascii[length..]);
            if (written == 0)
            {
                return null;
            }

            length += written;
        }

        return new(ascii[..length]);
    }

    /// <returns>How many characters were written; 0 when it is no label or there is no room.</returns>
    private static int WriteLabel(ReadOnlySpan<char> label, Span<char> output)
    {
        if (Ascii.IsValid(label))
        {
            return WriteAscii(label, output);
        }

        Span<int> points = stackalloc int[DomainName.MaxLabelOctets];
        points = points[..Map(label, points)];
        if (points.IsEmpty)
        {
            return 0;
        }

        Span<char> mapped = stackalloc char[DomainName.MaxLabelOctets];
        if (!points.ContainsAnyExceptInRange(0, 0x7f)) // the sign for Kelvin is a "k"
        {
            for (var i = 0; i < points.Length; i++)
            {
                mapped[i] = (char)points[i];
            }

            return WriteAscii(mapped[..points.Length], output);
        }

        Prefix.CopyTo(mapped);
        var written = IsULabel(points) ? Punycode.Encode(points, mapped[Prefix.Length..]) : 0;
        return written > 0 && mapped[..(Prefix.Length + written)].TryCopyTo(output) ? Prefix.Length + written : 0;
    }

    private static int WriteAscii(ReadOnlySpan<char> label, Span<char> output)
    {
        if (Ascii.ToLower(label, output, out var length) != OperationStatus.Done)
        {
            return 0;
        }

        var lower = output[..length];
        return DomainName.IsLabel(lower) && (!lower.StartsWith(Prefix) || IsPunycode(lower[Prefix.Length..])) ? length : 0;
    }

    private static bool IsPunycode(ReadOnlySpan<char> text)
    {
        Span<int> points = stackalloc int[DomainName.MaxLabelOctets];
        return Punycode.Decode(text, points) > 0;
    }

    /// <returns>How many code points there are; 0 when there are too many for a label.</returns>
    private static int Map(ReadOnlySpan<char> label, Span<int> points)
    {
        var count = 0;
        foreach (var rune in label.EnumerateRunes()) // U+FFFD, which is no letter, for half of a pair
        {
            if (count == points.Length)
            {
                return 0;
            }

            // The capitals of Cherokee are the letters that a name may have; Unicode gave them small ones later.
            points[count++] = IdnaRules.IsValid(rune.Value) ? rune.Value : Rune.ToLowerInvariant(rune).Value;
        }

        return count;
    }

    /// <summary>RFC 5891 section 5.4, and the hyphens of section 4.2.3.1.</summary>
    private static bool IsULabel(ReadOnlySpan<int> points)
    {
        if (points[0] == '-' || points[^1] == '-' || (points.Length > 3 && points[2] == '-' && points[3] == '-'))
        {
            return false;
        }

        if (CharUnicodeInfo.GetUnicodeCategory(points[0])
            is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)
        {
            return false;
        }

        for (var i = 0; i < points.Length; i++)
        {
            if (!IdnaRules.IsAllowed(points, i))
            {
                return false;
            }
        }

        return true;
    }
}
