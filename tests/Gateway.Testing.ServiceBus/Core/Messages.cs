using System.Collections.Immutable;

namespace Gateway.Testing.ServiceBus.Core;

/// <summary>The numbers are the wire's (annotation x-opt-message-state).</summary>
internal enum MessageState
{
    Active = 0,
    Deferred = 1,
    Scheduled = 2,
}

/// <summary>A message on its way into a queue: octets that nobody here reads, and the facts that a queue acts on.</summary>
/// <param name="Octets">The whole message as the sender encoded it.</param>
/// <param name="MessageId">Null: never a duplicate.</param>
/// <param name="TimeToLive">Null: the queue's own.</param>
/// <param name="ScheduledFor">Not to be handed out before; null or past: at once.</param>
internal sealed record Draft(
    ReadOnlyMemory<byte> Octets,
    string? MessageId = null,
    TimeSpan? TimeToLive = null,
    DateTimeOffset? ScheduledFor = null);

/// <summary>Why a message is in a dead-letter subqueue.</summary>
/// <remarks><c>Source</c> is the queue it came from.</remarks>
internal sealed record DeadLetterNote(string? Reason, string? Description, string Source);

/// <summary>A message as it was at one moment: copied values, to be read without a lock.</summary>
/// <remarks>
/// <c>DeliveryCount</c> counts the deliveries that have begun, this one included if it is one. <c>LockToken</c> is empty when the message is only
/// looked at. <c>Changes</c> are application properties that settlements have set on it, encoded.
/// </remarks>
internal sealed record MessageView(
    ReadOnlyMemory<byte> Octets,
    long SequenceNumber,
    long EnqueuedSequenceNumber,
    DateTimeOffset EnqueuedAt,
    int DeliveryCount,
    MessageState State,
    Guid LockToken,
    DateTimeOffset LockedUntil,
    ImmutableDictionary<string, ReadOnlyMemory<byte>> Changes,
    DeadLetterNote? DeadLetter);

/// <summary>A message inside a queue; touched only under the queue's lock.</summary>
internal sealed class QueuedMessage(Draft draft, long sequenceNumber)
{
    public ReadOnlyMemory<byte> Octets { get; } = draft.Octets;

    public TimeSpan? TimeToLive { get; } = draft.TimeToLive;

    public long SequenceNumber { get; set; } = sequenceNumber;

    /// <summary>The first number it had: a scheduled or dead-lettered message gets another.</summary>
    public long EnqueuedSequenceNumber { get; } = sequenceNumber;

    public DateTimeOffset EnqueuedAt { get; set; }

    public int DeliveryCount { get; set; }

    public MessageState State { get; set; }

    /// <summary>Null: nobody holds it.</summary>
    public Guid? LockToken { get; set; }

    public DateTimeOffset LockedUntil { get; set; }

    public ImmutableDictionary<string, ReadOnlyMemory<byte>> Changes { get; set; } = ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty;

    public DeadLetterNote? DeadLetter { get; set; }

    public MessageView View() => new(
        Octets,
        SequenceNumber,
        EnqueuedSequenceNumber,
        EnqueuedAt,
        DeliveryCount,
        State,
        LockToken ?? Guid.Empty,
        LockedUntil,
        Changes,
        DeadLetter);
}
