namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>How often and where the gateway is killed.</summary>
/// <param name="Points">One for each round.</param>
/// <param name="AcceptedPerRound">Messages answered 250 before the process is told to end at its point; it takes more until it gets there.</param>
/// <param name="Lies">Kill the build that says 250 too early instead of the real one.</param>
internal sealed record KillPlan(IReadOnlyList<KillPoint> Points, int AcceptedPerRound, bool Lies = false);

/// <summary>Who ends the process.</summary>
internal enum KillBy
{
    /// <summary>The crash host, at a named point, by SIGKILL.</summary>
    Host,

    /// <summary>The test, by SIGKILL, when nobody expects it.</summary>
    Test,

    /// <summary>The test, by SIGKILL, while the process still puts right what the last end left behind.</summary>
    TestAtStart,

    /// <summary>The test, by SIGTERM: no crash, but the same load must survive it.</summary>
    Sigterm,
}

/// <summary>A moment to end the process at.</summary>
/// <param name="Name">As the crash host knows it, if it is the one to end it.</param>
/// <param name="By">Who ends it.</param>
/// <param name="Most">It ends at the first occurrence or at a later one up to this; without a named point, so many milliseconds later at most.</param>
internal sealed record KillPoint(string Name, KillBy By, int Most)
{
    public static readonly KillPoint Random = new("random", KillBy.Test, 300);

    /// <summary>A big message is synced to its file, and no row names it.</summary>
    public static readonly KillPoint RawSynced = new("raw.synced", KillBy.Host, 20);

    /// <summary>A transaction is written and not committed.</summary>
    public static readonly KillPoint Committing = new("database.committing", KillBy.Host, 50);

    /// <summary>A transaction is durable, and nobody who waits for it knows.</summary>
    public static readonly KillPoint Committed = new("database.committed", KillBy.Host, 50);

    /// <summary>A message is durable, and its client does not know.</summary>
    public static readonly KillPoint ReplySending = new("reply.sending", KillBy.Host, 100);

    /// <summary>An endpoint has answered, and it is not written down.</summary>
    public static readonly KillPoint DeliveryAnswered = new("delivery.answered", KillBy.Host, 50);

    /// <summary>The same for a delivery that was answered 503 before.</summary>
    public static readonly KillPoint RetryAnswered = new("retry.answered", KillBy.Host, 5);

    /// <summary>A new configuration is read and not in force.</summary>
    public static readonly KillPoint ConfigurationReplacing = new("configuration.replacing", KillBy.Host, 2);

    public static readonly KillPoint Starting = new("starting", KillBy.TestAtStart, 800);

    public static readonly KillPoint Stopping = new("sigterm", KillBy.Sigterm, 300);

    public static readonly IReadOnlyList<KillPoint> All =
    [
        Random, Starting, RawSynced, Committing, Committed, ReplySending, DeliveryAnswered, RetryAnswered, ConfigurationReplacing, Stopping,
    ];

    /// <summary>What the process must end with.</summary>
    public int ExitCode => By == KillBy.Sigterm ? 0 : GatewayProcess.ExitCodeOfSigkill;
}
