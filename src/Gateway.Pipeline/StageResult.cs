using System.Collections.Immutable;
using Gateway.Core.Events;

namespace Gateway.Pipeline;

/// <summary>
/// What a stage made of one event. The driver, a Function or the local pump, carries it out: it sends what is to be sent, then settles
/// the event; where both can be one transaction they are. So a stage never knows where it runs.
/// </summary>
/// <remarks>A stage throws only when its own surroundings fail (store down): the driver then hands the same event out again later.</remarks>
public sealed record StageResult
{
    /// <summary>Events for the next stage, or a copy of this one with a due time; sent before the event is settled.</summary>
    public ImmutableArray<StageMessage> Sends { get; init; } = [];

    /// <summary>Lines for the activity log.</summary>
    public ImmutableArray<ActivityEntry> Activities { get; init; } = [];

    /// <summary>Not null: the event can't be worked on by anybody (malformed, too new, its message is gone) and is dead-lettered for this reason.</summary>
    public string? DeadLetterReason { get; init; }

    public static StageResult DeadLetter(string reason) => new() { DeadLetterReason = reason };
}
