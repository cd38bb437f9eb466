using System.Collections.Frozen;
using System.Collections.Immutable;
using Gateway.Core.Users;

namespace Gateway.Core.Configuration;

/// <summary>What a recipient is to this gateway.</summary>
public enum RecipientStatus
{
    Accepted,

    /// <summary>The domain is not in the configuration: 550 5.7.1.</summary>
    NotOurDomain,

    /// <summary>The domain is, the local-part is not: 550 5.1.1.</summary>
    Unknown,

    /// <summary>The domain takes mail over TLS only and this is plain text: 530 5.7.0.</summary>
    NeedsTls,

    /// <summary>The configuration puts mail for it off: 450 4.2.1.</summary>
    Deferred,
}

/// <summary>One valid configuration document as values. It never changes; a new document makes a new one.</summary>
public sealed class GatewayConfiguration
{
    private readonly FrozenDictionary<string, DomainRule> _domains;
    private readonly FrozenDictionary<string, EndpointRule> _endpoints;
    private readonly FrozenDictionary<string, User> _users = FrozenDictionary<string, User>.Empty;

    /// <summary>Takes values that are already valid: names unique, references resolved, numbers in range.</summary>
    public GatewayConfiguration(ImmutableArray<DomainRule> domains, ImmutableArray<EndpointRule> endpoints, ImmutableArray<RouteRule> routes)
    {
        Domains = domains;
        Endpoints = endpoints;
        Routes = [.. routes.OrderBy(route => route.Priority)]; // stable: equal priorities keep the document's order
        _domains = domains.ToFrozenDictionary(domain => domain.Name, StringComparer.Ordinal);
        _endpoints = endpoints.ToFrozenDictionary(endpoint => endpoint.Id, StringComparer.Ordinal);
    }

    public ImmutableArray<DomainRule> Domains { get; }

    public ImmutableArray<EndpointRule> Endpoints { get; }

    /// <summary>In the order in which they run.</summary>
    public ImmutableArray<RouteRule> Routes { get; }

    /// <summary>Whose mail is refused, whoever it is for.</summary>
    public AccessPolicy Access { get; init; } = AccessPolicy.None;

    /// <summary>Who may submit mail after AUTH, in the document's order; names are unique. Empty: nobody.</summary>
    public ImmutableArray<User> Users
    {
        get;
        init => (field, _users) = (value, value.ToFrozenDictionary(user => user.Name, StringComparer.Ordinal));
    } = [];

    /// <summary>The user of exactly this name; null when there is none.</summary>
    public User? FindUser(string name) => _users.GetValueOrDefault(name);

    public EndpointRule? FindEndpoint(string id) => _endpoints.GetValueOrDefault(id);

    /// <summary>The rule for a lower-case domain: its own, else the one named "*"; null when there is none.</summary>
    public DomainRule? FindDomain(string domain) => _domains.GetValueOrDefault(domain) ?? _domains.GetValueOrDefault("*");

    /// <summary>
    /// Whether mail for this recipient is taken. Of our domains role addresses always are, and the postmaster without a domain is
    /// (RFC 5321 section 4.5.1, RFC 2142 section 4). Who defers a mailbox wants no 550 for it, so that is looked at before it is unknown.
    /// </summary>
    public RecipientStatus FindRecipient(ForwardPath forwardPath, bool overTls)
    {
        var mailbox = forwardPath.Mailbox;
        if (mailbox.Domain.Length == 0)
        {
            return forwardPath.IsPostmaster ? RecipientStatus.Accepted : RecipientStatus.Unknown;
        }

        if (FindDomain(mailbox.Domain) is not { } domain)
        {
            return RecipientStatus.NotOurDomain;
        }

        if (domain.RequireTls && !overTls)
        {
            return RecipientStatus.NeedsTls;
        }

        return forwardPath.IsRoleAddress ? RecipientStatus.Accepted
            : domain.Defers(mailbox.LocalPart) ? RecipientStatus.Deferred
            : domain.Takes(mailbox.LocalPart) ? RecipientStatus.Accepted
            : RecipientStatus.Unknown;
    }
}
