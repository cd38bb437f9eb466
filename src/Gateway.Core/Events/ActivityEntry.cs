namespace Gateway.Core.Events;

/// <summary>What happened to a message; a closed set.</summary>
public enum ActivityKind
{
    Received,
    Inspected,
    Stored,
    Dropped,
    Unrouted,
    Delivered,

    /// <summary>An attempt failed and another is scheduled.</summary>
    Retrying,

    /// <summary>The endpoint is parked (it answered 410); the delivery waits.</summary>
    Parked,
    DeadLettered,
}

/// <summary>One line of a message's story.</summary>
/// <remarks>Links and secrets never stand in it; addresses and the subject do, so it is kept like mail and not like a log.</remarks>
public sealed record ActivityEntry
{
    public required MessageId MessageId { get; init; }

    public required DateTimeOffset At { get; init; }

    public required ActivityKind Kind { get; init; }

    /// <summary>Reverse-path; "" is the null one.</summary>
    public string From { get; init => field = value ?? ""; } = "";

    /// <summary>The envelope recipient; null when the line is about all of them.</summary>
    public string? Recipient { get; init; }

    public string? Subject { get; init; }

    public long Octets { get; init; }

    /// <summary>"ham", "spam" or "not_evaluated"; null before Inspect.</summary>
    public string? Spam { get; init; }

    public string? RouteId { get; init; }

    public string? EndpointId { get; init; }

    public DeliveryId? DeliveryId { get; init; }

    /// <summary>Attempts made, this one included; 0 where none was made.</summary>
    public int Attempts { get; init; }

    /// <summary>The endpoint's answer; null when there was none.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>How long the attempt took.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>When the next attempt is due.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>Why, in our own words.</summary>
    public string? Reason { get; init; }
}
