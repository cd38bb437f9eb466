namespace Gateway.Azure.Bus;

/// <summary>How a queue is received from.</summary>
public sealed class StageReceiverOptions
{
    /// <summary>Messages worked on at a time, in this process. Default 16; 1 to 1,000.</summary>
    public int MaxConcurrent { get; set; } = 16;

    /// <summary>How long the lock of a message is renewed while it is worked on; past it another receiver gets the message too. Default 10 minutes.</summary>
    public TimeSpan MaxLockRenewal { get; set; } = TimeSpan.FromMinutes(10);

    /// <inheritdoc cref="StorageOptions.Problems"/>
    public IEnumerable<string> Problems()
    {
        if (MaxConcurrent is < 1 or > 1000)
        {
            yield return "Receiver:MaxConcurrent must be between 1 and 1000";
        }

        if (MaxLockRenewal < TimeSpan.FromMinutes(2) || MaxLockRenewal > TimeSpan.FromHours(1))
        {
            yield return "Receiver:MaxLockRenewal must be between 2 minutes, which outlasts the longest pause after a failure, and 1 hour";
        }
    }
}
