namespace Gateway.Testing.ServiceBus;

/// <summary>What a queue held at one moment.</summary>
/// <param name="Active">Messages that wait to be taken.</param>
/// <param name="Locked">Messages that a receiver holds.</param>
/// <param name="Scheduled">Messages whose time has not come.</param>
/// <param name="NextDue">When the first of those is due; null when there is none.</param>
/// <param name="DeadLetters">Messages in the dead-letter subqueue, locked ones too.</param>
public sealed record QueueCounts(int Active, int Locked, int Scheduled, DateTimeOffset? NextDue, int DeadLetters)
{
    /// <summary>Nothing waits and nothing is worked on; only time can bring more.</summary>
    public bool IsIdle => Active == 0 && Locked == 0 && DeadLetters == 0;
}
