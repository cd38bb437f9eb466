using System.Collections.Immutable;

namespace Gateway.Core.Configuration;

/// <summary>Warns of mail that would be accepted and then taken by no route.</summary>
internal static class RouteCoverage
{
    /// <summary>Most patterns tried against an address in all: a reload stays a matter of a second however big the document is.</summary>
    private const int MostTries = 2_000_000;

    private const int MostWarnings = 200;

    private static readonly ImmutableArray<(string LocalPart, string Source)> RoleAddresses =
        [("postmaster", "RFC 5321 section 4.5.1"), ("abuse", "RFC 2142 section 4")];

    /// <summary>
    /// Tries, for each recipient pattern of each domain and for its role addresses, an address that is accepted, now or when it is no
    /// longer deferred, against the routes that ask for nothing but a recipient. A sample and not a proof: it finds the forgotten pattern
    /// and the mistyped domain, and never cries wolf about a catch-all route.
    /// </summary>
    public static ImmutableArray<ConfigurationError> Check(GatewayConfiguration configuration)
    {
        var routes = configuration.Routes.Where(route => route.Match.Header is null).Select(route => route.Match.Recipient).ToArray();
        if (routes.Any(recipient => recipient is null or { Pattern: "*" }))
        {
            return [];
        }

        var tries = 0;
        var warnings = ImmutableArray.CreateBuilder<ConfigurationError>();
        foreach (var (path, domain, local, reason) in Samples(configuration))
        {
            if (warnings.Count == MostWarnings || (tries += routes.Length) > MostTries)
            {
                warnings.Add(new("$", "there are more recipients; whether a route takes them was not tried"));
                break;
            }

            if (!Addresses(domain, local).Any(address => routes.Any(recipient => recipient!.Matches(address))))
            {
                warnings.Add(new(path, reason));
            }
        }

        return warnings.ToImmutable();
    }

    private static IEnumerable<(string Path, DomainRule Domain, string Local, string Reason)> Samples(GatewayConfiguration configuration)
    {
        foreach (var (index, domain) in configuration.Domains.Index())
        {
            foreach (var (role, source) in RoleAddresses)
            {
                yield return ($"domains[{index}].name", domain, role, $"{role} is always accepted ({source}) and no route takes it whatever its headers; its mail is kept as unrouted");
            }

            foreach (var (position, pattern) in domain.Recipients.Patterns.Index())
            {
                yield return ($"domains[{index}].recipients[{position}]", domain, Sample(pattern), "accepts recipients that no route takes whatever their headers; their mail is kept as unrouted");
            }

            foreach (var (position, pattern) in domain.Defer.Patterns.Index())
            {
                yield return ($"domains[{index}].defer[{position}]", domain, Sample(pattern), "defers recipients that no route takes whatever their headers; once they are accepted, their mail is kept as unrouted");
            }
        }
    }

    private static string Sample(Glob pattern) => pattern.Pattern.Replace("*", "some-name", StringComparison.Ordinal).Replace('?', 'x');

    // What the address is tried as when it is routed: whole, and without the detail.
    private static IEnumerable<string> Addresses(DomainRule domain, string local)
    {
        var name = domain.Name == "*" ? "any.example" : domain.Name;
        yield return $"{local}@{name}";
        if (domain.Subaddressing && DomainRule.WithoutDetail(local) is { } plain)
        {
            yield return $"{plain}@{name}";
        }
    }
}
