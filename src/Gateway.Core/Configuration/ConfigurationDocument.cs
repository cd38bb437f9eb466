using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Core.Users;

namespace Gateway.Core.Configuration;

/// <summary>Reads a configuration document (schema: gateway.schema.json) into values, or says all that is wrong with it at once.</summary>
public static class ConfigurationDocument
{
    private static readonly JsonDocumentOptions Lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = DocumentSyntax.MaxDepth,
    };

    /// <summary>
    /// Comments and trailing commas are allowed, doubled and unknown names are errors. Nothing is read but the document. Whatever the
    /// octets are, the answer is a value and no exception.
    /// </summary>
    public static ConfigurationResult Parse(ReadOnlyMemory<byte> octets)
    {
        if (octets.Span.StartsWith("\ufeff"u8))
        {
            octets = octets[3..];
        }

        var errors = new ErrorList();
        if (!DocumentSyntax.Check(octets.Span, errors))
        {
            return new(null, errors.All, []);
        }

        using var document = JsonDocument.Parse(octets, Lenient);
        var configuration = Read(document.RootElement, errors);
        return configuration is null
            ? new(null, Told(document.RootElement, errors), [])
            : new(configuration, [], RouteCoverage.Check(configuration));
    }

    private static ImmutableArray<ConfigurationError> Told(JsonElement root, ErrorList errors)
    {
        var told = new DocumentOrder(root).Sort(errors.All);
        return errors.Cut ? told.Add(new("$", $"has more errors; these are the first {ErrorList.Most} that were found")) : told;
    }

    private static GatewayConfiguration? Read(JsonElement root, ErrorList errors)
    {
        var reader = ObjectReader.Of(root, "", errors);
        if (reader is null)
        {
            return null;
        }

        reader.String("$schema", required: false);
        if (reader.Integer("version", required: true) is { } version && version != 1)
        {
            reader.Error("version", "must be 1, the only version there is");
        }

        var access = reader.Object("policies", required: false) is { } policies ? PolicyReader.Read(policies) : AccessPolicy.None;
        var domains = reader.Objects("domains", DomainReader.Read);
        var endpoints = reader.Objects("endpoints", EndpointReader.Read, required: false);
        var routes = reader.Objects("routes", route => RouteReader.Read(route));
        var users = ReadUsers(reader, errors);
        reader.RefuseUnknown();

        Unique(domains, domain => domain.Name, "domains", "name", errors);
        Unique(endpoints, endpoint => endpoint.Id, "endpoints", "id", errors);
        Unique(routes, route => route.Id, "routes", "id", errors);
        CheckReferences(routes, endpoints, errors);
        return errors.Any ? null : new([.. domains.OfType<DomainRule>()], [.. endpoints.OfType<EndpointRule>()], [.. routes.OfType<RouteRule>()])
        {
            Access = access,
            Users = users,
        };
    }

    private static ImmutableArray<User> ReadUsers(ObjectReader reader, ErrorList errors)
    {
        var users = reader.Objects("users", UserReader.Read, required: false);
        if (users.Length > User.Most)
        {
            reader.Error("users", $"must be at most {User.Most}");
        }

        Unique(users, user => user.Name, "users", "name", errors);
        return [.. users.OfType<User>()];
    }

    private static void Unique<T>(ImmutableArray<T?> items, Func<T, string> name, string list, string property, ErrorList errors)
        where T : class
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, item) in items.Index())
        {
            if (item is not null && !seen.Add(name(item)))
            {
                errors.Add($"{list}[{index}].{property}", "is there twice");
            }
        }
    }

    private static void CheckReferences(ImmutableArray<RouteRule?> routes, ImmutableArray<EndpointRule?> endpoints, ErrorList errors)
    {
        if (endpoints.Any(endpoint => endpoint is null))
        {
            return; // an endpoint that could not be read has its own error; one for each route that names it would hide it
        }

        var known = endpoints.Select(endpoint => endpoint!.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var (index, route) in routes.Index())
        {
            foreach (var (position, action) in (route?.Actions ?? []).Index())
            {
                if (action is RouteAction.Webhook webhook && !known.Contains(webhook.EndpointId))
                {
                    errors.Add($"routes[{index}].actions[{position}].webhook", "names an endpoint that is not in endpoints");
                }
            }
        }
    }
}
