namespace Gateway.Core.Configuration;

/// <summary>A domain that mail is taken for.</summary>
/// <param name="Name">Lower case, U-labels as A-labels; "*" is every domain that has no rule of its own (a machine of one's own, never an open port 25).</param>
/// <param name="Recipients">Patterns of local-parts; <c>*</c> alone takes all.</param>
/// <param name="Subaddressing">"name+detail" is also tried as "name" (RFC 5233).</param>
/// <param name="RequireTls">Recipients are refused in plain text (530 5.7.0).</param>
/// <param name="Defer">Patterns of local-parts that are asked to come later (450 4.2.1), whether or not they are recipients; empty: none.</param>
public sealed record DomainRule(string Name, GlobSet Recipients, bool Subaddressing, bool RequireTls, GlobSet Defer)
{
    /// <summary>Whether this local-part is a recipient; ASCII case does not count.</summary>
    public bool Takes(string localPart) => Has(Recipients, localPart);

    /// <summary>Whether this local-part is deferred; ASCII case does not count.</summary>
    public bool Defers(string localPart) => Has(Defer, localPart);

    /// <summary>"name" of "name+detail"; null when there is no detail or no name.</summary>
    public static string? WithoutDetail(string localPart) => localPart.IndexOf('+') is var plus and > 0 ? localPart[..plus] : null;

    private bool Has(GlobSet patterns, string localPart) =>
        patterns.Matches(localPart) || (Subaddressing && WithoutDetail(localPart) is { } plain && patterns.Matches(plain));
}
