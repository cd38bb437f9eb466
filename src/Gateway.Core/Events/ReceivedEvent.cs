using System.Collections.Immutable;

namespace Gateway.Core.Events;

/// <summary>
/// A message is stored and its client has been, or is about to be, told 250: queue "received", from the SMTP half to Inspect.
/// The octets never travel in it.
/// </summary>
/// <remarks>
/// Fields are added, never renamed or removed; readers ignore fields that they do not know. Generated readers set a field that is absent
/// to nothing, past its initializer: each optional field whose nothing is not its type's makes up for that in its accessor.
/// </remarks>
public sealed record ReceivedEvent
{
    /// <summary>The newest version that this code reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Raised only when an old reader would go wrong; a reader refuses one above its own. Absent means 1.</summary>
    public int Version { get; init => field = Math.Max(value, 1); } = CurrentVersion;

    public required MessageId MessageId { get; init; }

    /// <summary>When the end of the message was read (UTC).</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Length of the stored raw message in octets.</summary>
    public required long Octets { get; init; }

    /// <summary>SHA-256 of the stored raw message, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    public required EnvelopeFacts Envelope { get; init; }

    public required ClientFacts Client { get; init; }

    /// <summary>Null when the message came in plain text.</summary>
    public TlsFacts? Tls { get; init; }

    /// <summary>What admission found out in the session; empty when nothing was evaluated.</summary>
    public ImmutableArray<MethodResult> Evidence { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>Our Received field, name and folding included, without the last CRLF (RFC 5321 section 4.4). It is not in the raw message.</summary>
    public required string Received { get; init; }

    /// <summary>What was tolerated in the session, e.g. "eight_bit_undeclared"; from a closed set.</summary>
    public ImmutableArray<string> Defects { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>W3C trace context of the transaction; null when it was not recorded.</summary>
    public string? TraceParent { get; init; }

    /// <summary>How often this item was enqueued before: 0 the first time.</summary>
    public int Send { get; init; }
}
