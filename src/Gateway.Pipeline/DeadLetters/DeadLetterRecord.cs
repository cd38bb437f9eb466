using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Events;

namespace Gateway.Pipeline.DeadLetters;

/// <summary>What could not be worked on or delivered, whole, so that it can be listed, understood and replayed.</summary>
/// <remarks>Fields are added, never renamed or removed; readers ignore fields that they do not know. It holds addresses and is kept like mail.</remarks>
public sealed record DeadLetterRecord
{
    /// <summary>State collection.</summary>
    public const string Collection = "dead-letter";

    public int Version { get; init => field = Math.Max(value, 1); } = 1;

    /// <summary>
    /// The id in the state store: <c>{MessageId}:{queue}:{run}</c>, for a delivery <c>{MessageId}:{queue}:{DeliveryId}:{run}</c>. Ids sort by the
    /// time at which the messages came; one item recorded twice is one record. What names no message is <c>unread:{queue}:{hash}</c> and sorts last.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>The queue that the event came from.</summary>
    public required StageQueue Queue { get; init; }

    /// <summary>Why, in our own words.</summary>
    public required string Reason { get; init; }

    /// <summary>When it was recorded.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Null when the event does not name one.</summary>
    public MessageId? MessageId { get; init; }

    /// <summary>Null for other queues than "deliveries".</summary>
    public DeliveryId? DeliveryId { get; init; }

    /// <summary>Requests made in this run; 0 for other queues.</summary>
    public int Attempts { get; init; }

    /// <summary>What the endpoint last said; null when none was asked or it is not known any more.</summary>
    public LastAnswer? LastAnswer { get; init; }

    /// <summary>The raw message is kept for as long as this record; false when it was gone already or no message is named.</summary>
    public bool RawKept { get; init; }

    /// <summary>The whole event; null when it is not a JSON object.</summary>
    public JsonElement? Event { get; init; }

    /// <summary>What stood in the queue when it is not a JSON object; else null.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The body was too big for a record and is cut.</summary>
    public bool BodyTruncated { get; init; }
}

/// <summary>The end of a delivery's last attempt.</summary>
/// <param name="Status">Null when there was no answer.</param>
/// <param name="Failure">The stage at which it failed, e.g. "connect"; null when there was an answer.</param>
/// <param name="Text">The first octets of the answer as text: the endpoint's words, to be shown as text and nothing else; null when there were none.</param>
public sealed record LastAnswer(int? Status, string? Failure, string? Text);
