namespace Gateway.Azure.Intake;

/// <summary>How messages come into the storage account.</summary>
public sealed class BlobIntakeOptions
{
    /// <summary>Memory for octets on their way in, for all sessions together. Default 64 MiB; 4 MiB to 4 GiB.</summary>
    public long MaxHeldOctets { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// From the end of a message until both its octets and its event are durable; past it the client is told to try again. Default 60
    /// seconds; 5 seconds to 5 minutes, half of what a client waits (RFC 5321 section 4.5.3.2.6).
    /// </summary>
    public TimeSpan CommitTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <inheritdoc cref="StorageOptions.Problems"/>
    public IEnumerable<string> Problems()
    {
        if (MaxHeldOctets < SegmentBudget.BlockOctets || MaxHeldOctets > 4L * 1024 * 1024 * 1024)
        {
            yield return "Intake:MaxHeldOctets must be between 4194304 (4 MiB) and 4294967296 (4 GiB)";
        }

        if (CommitTimeout < TimeSpan.FromSeconds(5) || CommitTimeout > TimeSpan.FromMinutes(5))
        {
            yield return "Intake:CommitTimeout must be between 5 seconds and 5 minutes";
        }
    }
}
