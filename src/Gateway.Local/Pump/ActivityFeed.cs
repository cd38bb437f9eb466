using Gateway.Core.Events;

namespace Gateway.Local.Pump;

/// <summary>Tells whoever listens in this process what happens to messages, as it happens.</summary>
public sealed class ActivityFeed
{
    /// <summary>Raised on a stage's thread after the entry is stored; a handler must be quick and must not throw.</summary>
    public event Action<ActivityEntry>? Happened;

    internal void Raise(ActivityEntry entry) => Happened?.Invoke(entry);
}
