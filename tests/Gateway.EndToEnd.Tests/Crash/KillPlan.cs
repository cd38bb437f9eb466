namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>How often and where the gateway is killed.</summary>
/// <param name="Points">One for each round.</param>
/// <param name="AcceptedPerRound">Messages answered 250 before the process is told to end at its point; it takes more until it gets there.</param>
/// <param name="Lies">Kill the build that says 250 too early instead of the real one.</param>
internal sealed record KillPlan(IReadOnlyList<KillPoint> Points, int AcceptedPerRound, bool Lies = false);

/// <summary>A moment to end the process at.</summary>
/// <param name="Name">As the crash host knows it; null: whenever it happens, from outside.</param>
/// <param name="MostOccurrences">The process ends at the first occurrence, or at a later one up to this.</param>
internal sealed record KillPoint(string? Name, int MostOccurrences)
{
    /// <summary>Any moment within the next 300 ms.</summary>
    public static readonly KillPoint Random = new(null, 300);

    /// <summary>A big message is synced to its file, and no row names it.</summary>
    public static readonly KillPoint RawSynced = new("raw.synced", 20);

    /// <summary>A transaction is written and not committed.</summary>
    public static readonly KillPoint Committing = new("database.committing", 50);

    /// <summary>A transaction is durable, and nobody who waits for it knows.</summary>
    public static readonly KillPoint Committed = new("database.committed", 50);

    /// <summary>A message is durable, and its client does not know.</summary>
    public static readonly KillPoint ReplySending = new("reply.sending", 100);

    /// <summary>An endpoint has answered, and it is not written down.</summary>
    public static readonly KillPoint DeliveryAnswered = new("delivery.answered", 50);

    /// <summary>The same for a delivery that was answered 503 before.</summary>
    public static readonly KillPoint RetryAnswered = new("retry.answered", 5);

    /// <summary>A new configuration is read and not in force.</summary>
    public static readonly KillPoint ConfigurationReplacing = new("configuration.replacing", 2);

    public static readonly IReadOnlyList<KillPoint> All =
        [Random, RawSynced, Committing, Committed, ReplySending, DeliveryAnswered, RetryAnswered, ConfigurationReplacing];

    public override string ToString() => Name ?? "random";
}
