using System.Collections.Immutable;

namespace Gateway.Core.Events;

/// <summary>A message with its verdict: queue "inspected", from Inspect to Route. A replay of a stored message starts here.</summary>
/// <remarks>Fields are added, never renamed or removed; readers ignore fields that they do not know.</remarks>
public sealed record InspectedEvent
{
    /// <summary>The newest version that this code reads.</summary>
    public const int CurrentVersion = 1;

    /// <inheritdoc cref="ReceivedEvent.Version"/>
    public int Version { get; init => field = Math.Max(value, 1); } = CurrentVersion;

    public required ReceivedEvent Message { get; init; }

    public required Verdict Verdict { get; init; }

    public required MessageSummary Summary { get; init; }

    /// <summary>Header fields in order, for routes that match on them; cut at <see cref="MaxHeaderOctets"/>.</summary>
    public ImmutableArray<HeaderField> Headers { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>True when <see cref="Headers"/> was cut: Route then reads the content part.</summary>
    public bool HeadersTruncated { get; init; }

    /// <summary>0, and a new number for each replay.</summary>
    public int Run { get; init; }

    /// <inheritdoc cref="ReceivedEvent.Send"/>
    public int Send { get; init; }

    /// <inheritdoc cref="ReceivedEvent.TraceParent"/>
    public string? TraceParent { get; init; }

    /// <summary>Most octets of JSON that <see cref="Headers"/> may take. With 200 recipients this keeps the event under 200 KB.</summary>
    public const int MaxHeaderOctets = 48 * 1024;
}
