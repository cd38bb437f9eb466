using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Gateway.Core.Configuration;

/// <summary>Patterns of whole addresses, with their domains in the form in which addresses are compared: U-labels as A-labels.</summary>
internal static class AddressPattern
{
    /// <summary>Null when the property is absent, or no such pattern; the latter is noted.</summary>
    public static Glob? Read(ObjectReader reader, string property)
    {
        if (reader.String(property, required: false) is not { } pattern)
        {
            return null;
        }

        if (TryParse(pattern, out var glob, out var reason))
        {
            return glob;
        }

        reader.Error(property, reason);
        return null;
    }

    /// <summary>"*", or a pattern with an '@'. A label that holds a wildcard cannot be turned into an A-label, so it must be ASCII.</summary>
    /// <param name="pattern">As the document has it.</param>
    /// <param name="glob">Null when it is none.</param>
    /// <param name="reason">Why it is none, for an error; null when it is one.</param>
    public static bool TryParse(string pattern, [NotNullWhen(true)] out Glob? glob, [NotNullWhen(false)] out string? reason)
    {
        (glob, reason) = (null, null);
        var at = pattern.LastIndexOf('@');
        if (at < 0 && pattern != "*")
        {
            reason = "must be a pattern of a whole address, such as support*@in.example.com, or \"*\"";
            return false;
        }

        var domain = pattern.AsSpan(at + 1);
        if (Ascii.IsValid(domain))
        {
            glob = new(pattern);
            return true;
        }

        var parsed = new StringBuilder(pattern, 0, at + 1, pattern.Length + 16);
        foreach (var range in domain.SplitAny(Idna.Dots))
        {
            var label = domain[range];
            if ((Ascii.IsValid(label) ? label.ToString() : Idna.ToAscii(label)) is not { } ascii)
            {
                reason = label.ContainsAny('*', '?')
                    ? "must not have a wildcard in a label of the domain that is not ASCII; write that label as an A-label (xn--...)"
                    : "must have a domain whose labels are ASCII or U-labels (IDNA 2008)";
                return false;
            }

            parsed.Append(range.Start.Value > 0 ? "." : "").Append(ascii);
        }

        glob = new(parsed.ToString());
        return true;
    }
}
