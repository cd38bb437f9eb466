using System.Globalization;
using Gateway.Core;

namespace Gateway.Pipeline.Inspect;

/// <summary>The domain of an author address in the form in which domains are compared.</summary>
internal static class SenderDomain
{
    private static readonly IdnMapping Idn = new();

    /// <summary>Lower case, U-labels as A-labels (RFC 5890 section 2.3.2.1), no last dot; null for what is no domain name.</summary>
    public static string? Of(string? domain)
    {
        var text = (domain ?? "").TrimEnd('.');
        if (text.Length is 0 or > DomainName.MaxOctets)
        {
            return null;
        }

        try
        {
            var ascii = Idn.GetAscii(text).ToLowerInvariant();
            return DomainName.IsValid(ascii) ? ascii : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
