using System.Collections.Immutable;
using System.Text;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Events;

namespace Gateway.Pipeline.Routing;

/// <summary>What a route does with a message for one recipient.</summary>
public sealed record RoutedAction(string RouteId, RouteAction Action);

/// <summary>Which routes take a recipient. Pure: configuration, headers and recipient in, actions out.</summary>
public static class Router
{
    /// <summary>The actions of all matching routes in order of priority, up to and with the first that says stop; each once. Empty: unrouted.</summary>
    /// <param name="configuration">The configuration in force.</param>
    /// <param name="headers">Every header field of the message, decoded.</param>
    /// <param name="recipient">An envelope recipient, as events carry it.</param>
    public static ImmutableArray<RoutedAction> Evaluate(GatewayConfiguration configuration, ImmutableArray<HeaderField> headers, string recipient)
    {
        var forms = Forms(configuration, recipient);
        var actions = new List<RoutedAction>();
        foreach (var route in configuration.Routes)
        {
            if (!Matches(route.Match, headers, forms))
            {
                continue;
            }

            actions.AddRange(route.Actions.Select(action => new RoutedAction(route.Id, action)));
            if (route.Stop)
            {
                break;
            }
        }

        return [.. actions.Distinct()];
    }

    /// <summary>Whether some route asks for a header, so that it is worth reading them.</summary>
    public static bool NeedsHeaders(GatewayConfiguration configuration) => configuration.Routes.Any(route => route.Match.Header is not null);

    private static bool Matches(RouteMatch match, ImmutableArray<HeaderField> headers, ImmutableArray<string> forms) =>
        (match.Recipient is not { } recipient || forms.Any(form => recipient.Matches(form)))
        && (match.Header is not { } header || headers.Any(field => Matches(header, field)));

    private static bool Matches(HeaderMatch match, HeaderField field) =>
        field.Name.Equals(match.Name, StringComparison.OrdinalIgnoreCase) && match.Value.Matches(field.Value);

    /// <summary>The addresses under which a recipient is looked for: itself, without its detail, and "postmaster" at each of our domains.</summary>
    private static ImmutableArray<string> Forms(GatewayConfiguration configuration, string recipient)
    {
        var at = recipient.LastIndexOf('@');
        if (at < 0)
        {
            // RFC 5321 section 4.5.1: the one address without a domain. It is for whoever is postmaster of any domain here.
            return !Ascii.EqualsIgnoreCase(recipient, "postmaster")
                ? [recipient]
                : [recipient, .. configuration.Domains.Where(domain => domain.Name != "*").Select(domain => $"{recipient}@{domain.Name}")];
        }

        var domain = recipient[(at + 1)..];
        return configuration.FindDomain(domain.ToLowerInvariant()) is { Subaddressing: true }
            && DomainRule.WithoutDetail(Unquote(recipient[..at])) is { } plain
            ? [recipient, new Mailbox(plain, domain).ToString()]
            : [recipient];
    }

    /// <summary>The local-part's meaning: "a+b c" written in quotes has the name a (RFC 5321 section 4.1.2).</summary>
    private static string Unquote(string local)
    {
        if (local.Length < 2 || local[0] != '"' || local[^1] != '"')
        {
            return local;
        }

        var meaning = new StringBuilder(local.Length);
        for (var i = 1; i < local.Length - 1; i++)
        {
            if (local[i] == '\\' && i + 1 < local.Length - 1)
            {
                i++;
            }

            meaning.Append(local[i]);
        }

        return meaning.ToString();
    }
}
