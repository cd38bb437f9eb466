using System.Globalization;
using System.Text;
using Gateway.Core;

namespace Gateway.Smtp.Transport;

/// <summary>The host that a client names (SNI, RFC 6066 section 3), which is the client's to fill.</summary>
internal static class ServerName
{
    private static readonly IdnMapping Idn = new();

    /// <summary>As A-labels in lower case; null when it is none. The platform hands A-labels out as the U-labels that they stand for, so these are turned back.</summary>
    public static string? Read(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > DomainName.MaxOctets)
        {
            return null;
        }

        var name = Ascii.IsValid(text) ? text : ToALabels(text);
        return name is not null && DomainName.IsValid(name) ? name.ToLowerInvariant() : null;
    }

    private static string? ToALabels(string text)
    {
        try
        {
            return Idn.GetAscii(text);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
