using System.Collections.Immutable;

namespace Gateway.Core.Configuration;

/// <summary>Warns of mail that would be accepted and then taken by no route.</summary>
internal static class RouteCoverage
{
    /// <summary>
    /// Tries, for each recipient pattern of each domain, an address that it accepts against the routes that ask for nothing but a
    /// recipient. A sample and not a proof: it finds the forgotten pattern and the mistyped domain, and never cries wolf about a
    /// catch-all route.
    /// </summary>
    public static ImmutableArray<ConfigurationError> Check(GatewayConfiguration configuration)
    {
        var warnings = ImmutableArray.CreateBuilder<ConfigurationError>();
        var routes = configuration.Routes.Where(route => route.Match.Header is null).ToArray();
        foreach (var (index, domain) in configuration.Domains.Index())
        {
            foreach (var (position, pattern) in domain.Recipients.Index())
            {
                var local = pattern.Pattern.Replace("*", "some-name", StringComparison.Ordinal).Replace('?', 'x');
                var address = $"{local}@{(domain.Name == "*" ? "any.example" : domain.Name)}";
                if (!routes.Any(route => route.Match.Recipient?.Matches(address) ?? true))
                {
                    warnings.Add(new(
                        $"domains[{index}].recipients[{position}]",
                        "accepts recipients that no route takes whatever their headers; their mail is kept as unrouted"));
                }
            }
        }

        return warnings.ToImmutable();
    }
}
