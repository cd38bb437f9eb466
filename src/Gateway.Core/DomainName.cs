using System.Buffers;

namespace Gateway.Core;

/// <summary>The ASCII form of domain names, in which they are kept and compared; <see cref="Idna"/> makes it of any other (RFC 5321 sections 2.3.5 and 4.1.2, RFC 1035 section 2.3.4).</summary>
public static class DomainName
{
    /// <summary>Longest name in octets, without a last dot (RFC 5321 section 4.5.3.1.2 says 255 for the wire form with its lengths).</summary>
    public const int MaxOctets = 253;

    /// <summary>Longest label in octets.</summary>
    public const int MaxLabelOctets = 63;

    private static readonly SearchValues<char> LetterDigitHyphen =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    /// <summary>Dot-separated labels of letters, digits and inner hyphens; one label is enough; no last dot.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxOctets)
        {
            return false;
        }

        foreach (var range in name.Split('.'))
        {
            if (!IsLabel(name[range]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>1 to 63 letters, digits and inner hyphens.</summary>
    internal static bool IsLabel(ReadOnlySpan<char> label) =>
        label.Length is > 0 and <= MaxLabelOctets && label[0] != '-' && label[^1] != '-' && !label.ContainsAnyExcept(LetterDigitHyphen);
}
