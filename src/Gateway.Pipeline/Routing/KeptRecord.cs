using System.Collections.Immutable;
using Gateway.Core;
using Gateway.Core.Events;

namespace Gateway.Pipeline.Routing;

/// <summary>Mail that a store action kept, or that no route took. One record for a message and route, naming its recipients.</summary>
/// <remarks>Fields are added, never renamed or removed; readers ignore fields that they do not know. It holds addresses and is kept like mail.</remarks>
public sealed record KeptRecord
{
    /// <summary>State collection of what store actions kept. Ids: <c>{MessageId}:{route}:{run}</c>.</summary>
    public const string Stored = "stored";

    /// <summary>State collection of what no route took (invariant 11). Ids: <c>{MessageId}:{run}</c>.</summary>
    public const string Unrouted = "unrouted";

    public int Version { get; init => field = Math.Max(value, 1); } = 1;

    public required MessageId MessageId { get; init; }

    /// <summary>When it was routed.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>"stored" or "unrouted".</summary>
    public required string Reason { get; init; }

    /// <summary>The route with the store action; null when no route took it.</summary>
    public string? RouteId { get; init; }

    /// <summary>The envelope recipients it stands for.</summary>
    public required ImmutableArray<string> Recipients { get; init; }

    /// <summary>False: the raw message was gone already when it should have been kept.</summary>
    public required bool RawKept { get; init; }

    /// <summary>The whole event, to be routed again with a new run.</summary>
    public required InspectedEvent Event { get; init; }
}
