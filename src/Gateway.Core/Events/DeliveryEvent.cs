namespace Gateway.Core.Events;

/// <summary>One message for one envelope recipient, by one route, to one endpoint: queue "deliveries", from Route to Deliver.</summary>
/// <remarks>Fields are added, never renamed or removed; readers ignore fields that they do not know.</remarks>
public sealed record DeliveryEvent
{
    /// <summary>The newest version that this code reads.</summary>
    public const int CurrentVersion = 1;

    /// <inheritdoc cref="ReceivedEvent.Version"/>
    public int Version { get; init => field = Math.Max(value, 1); } = CurrentVersion;

    public required DeliveryId DeliveryId { get; init; }

    /// <summary>The message; its envelope's recipients are those that go to the same endpoint.</summary>
    public required ReceivedEvent Message { get; init; }

    public required Verdict Verdict { get; init; }

    public required MessageSummary Summary { get; init; }

    /// <summary>The one envelope recipient this delivery is for.</summary>
    public required string Recipient { get; init; }

    public required string RouteId { get; init; }

    public required string EndpointId { get; init; }

    /// <summary>0, and a new number for each replay.</summary>
    public int Run { get; init; }

    /// <summary>Requests made before in this run, each answered or failed: 0 the first time. The retry table is judged by it.</summary>
    public int Attempt { get; init; }

    /// <summary>Every enqueue of this item in this run counts: a retry, a parked delivery, no free slot.</summary>
    public int Send { get; init; }

    /// <summary>When the delivery first found its endpoint parked (410); null while it has not. It waits 7 days from here.</summary>
    public DateTimeOffset? ParkedSince { get; init; }

    /// <inheritdoc cref="ReceivedEvent.TraceParent"/>
    public string? TraceParent { get; init; }

    /// <summary>
    /// When the delivery first met a configuration without its endpoint; null while it has not. Replicas see a new document within seconds of each
    /// other, and one that cannot read it keeps the old one: so it waits for an hour before it counts.
    /// </summary>
    public DateTimeOffset? UnknownSince { get; init; }
}
