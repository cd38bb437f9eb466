using System.Collections.Immutable;

namespace Gateway.Core.Configuration;

/// <summary>A domain that mail is taken for.</summary>
/// <param name="Name">Lower case, U-labels as A-labels; "*" is every domain that has no rule of its own (a machine of one's own, never an open port 25).</param>
/// <param name="Recipients">Patterns of local-parts; <c>*</c> alone takes all.</param>
/// <param name="Subaddressing">"name+detail" is also tried as "name" (RFC 5233).</param>
/// <param name="RequireTls">Recipients are refused in plain text (530 5.7.0).</param>
public sealed record DomainRule(string Name, ImmutableArray<Glob> Recipients, bool Subaddressing, bool RequireTls)
{
    /// <summary>Whether a pattern takes this local-part; ASCII case does not count.</summary>
    public bool Takes(string localPart) =>
        Recipients.Any(pattern => pattern.Matches(localPart))
        || (Subaddressing && WithoutDetail(localPart) is { } plain && Recipients.Any(pattern => pattern.Matches(plain)));

    /// <summary>"name" of "name+detail"; null when there is no detail or no name.</summary>
    public static string? WithoutDetail(string localPart) => localPart.IndexOf('+') is var plus and > 0 ? localPart[..plus] : null;
}
