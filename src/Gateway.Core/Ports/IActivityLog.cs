using Gateway.Core.Events;

namespace Gateway.Core.Ports;

/// <summary>The story of each message, kept as long as the message.</summary>
public interface IActivityLog
{
    /// <summary>Completes when the entries are stored. Losing one on a crash is allowed; it changes no delivery.</summary>
    ValueTask AppendAsync(IReadOnlyList<ActivityEntry> entries, CancellationToken cancel);

    /// <summary>A message's entries, by the time at which they happened, those of one moment as they were appended; empty when there are none.</summary>
    ValueTask<IReadOnlyList<ActivityEntry>> ReadAsync(MessageId id, CancellationToken cancel);
}
