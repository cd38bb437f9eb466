using System.Collections.Immutable;

namespace Gateway.Core.Configuration;

/// <summary>What is done with the mail that matches.</summary>
/// <param name="Id">1 to 64 of A-Z, a-z, 0-9, '-' and '_'.</param>
/// <param name="Priority">Lower runs first; equal ones in the document's order.</param>
/// <param name="Match">All of it must hold.</param>
/// <param name="Actions">At least one.</param>
/// <param name="Stop">No later route is tried for a recipient that this one took.</param>
public sealed record RouteRule(string Id, int Priority, RouteMatch Match, ImmutableArray<RouteAction> Actions, bool Stop);

/// <summary>A route's condition; what is null is not asked for, so an empty match takes everything.</summary>
/// <param name="Recipient">Pattern of the whole address, its domain in ASCII; of a domain with subaddressing also tried without the detail.</param>
/// <param name="Header">A header field.</param>
public sealed record RouteMatch(Glob? Recipient, HeaderMatch? Header);

/// <summary>True when some field of this name (any case) has a decoded value that the pattern matches.</summary>
public sealed record HeaderMatch(string Name, Glob Value);

/// <summary>What a route does with a message.</summary>
public abstract record RouteAction
{
    private RouteAction()
    {
    }

    /// <summary>One delivery to the endpoint for each recipient.</summary>
    public sealed record Webhook(string EndpointId) : RouteAction;

    /// <summary>A record, and the raw message kept with it.</summary>
    public sealed record Store : RouteAction;

    /// <summary>Nothing more: the only way in which accepted mail is thrown away (invariant 11).</summary>
    public sealed record Drop : RouteAction;
}
