namespace Gateway.Local.Storage;

/// <summary>How long mail stays on this machine.</summary>
public sealed record RetentionOptions
{
    /// <summary>Mail that nothing refers to any more, counted from its arrival. Default 7 days; links to it last a day, so less makes no sense.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long the links of one attempt work, and so how long what they lead to stays at least. Default 24 hours.</summary>
    public TimeSpan LinkLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Mail that a record refers to (dead letter, unrouted, stored), counted from the record. Default 30 days.</summary>
    public TimeSpan KeptRetention { get; init; } = TimeSpan.FromDays(30);
}
