namespace Gateway.Testing.ServiceBus;

/// <summary>One queue of the broker. The defaults are what the gateway's infrastructure asks of Azure.</summary>
public sealed record QueueOptions
{
    /// <summary>Letters, digits, '-', '.', '_' and '/'; compared without regard to case, as the service does.</summary>
    public required string Name { get; init; }

    /// <summary>How long a received message stays hidden from others. Default 5 minutes, the service's most; it takes no less than 5 seconds, tests may.</summary>
    public TimeSpan LockDuration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Deliveries after which a message that is given back goes to the dead-letter subqueue. Default 10.</summary>
    public int MaxDeliveryCount { get; init; } = 10;

    /// <summary>A message-id that was taken within <see cref="DuplicateDetectionWindow"/> is taken again and dropped. Default true.</summary>
    public bool RequiresDuplicateDetection { get; init; } = true;

    /// <summary>Default 1 hour.</summary>
    public TimeSpan DuplicateDetectionWindow { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Longest life of a message, and its life if it names none. Default 14 days.</summary>
    public TimeSpan DefaultTimeToLive { get; init; } = TimeSpan.FromDays(14);

    /// <summary>An expired message goes to the dead-letter subqueue (default), or is dropped.</summary>
    public bool DeadLetteringOnMessageExpiration { get; init; } = true;

    /// <summary>Largest message or batch, in octets and with all its sections. Default 256 KiB: the Standard tier.</summary>
    public int MaxMessageOctets { get; init; } = 256 * 1024;

    /// <summary>What is wrong with these options; empty: nothing.</summary>
    internal IEnumerable<string> Faults()
    {
        if (Name.Length is 0 or > 260 || !Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_' or '/'))
        {
            yield return $"\"{Name}\" is no name of a queue";
        }

        if (LockDuration <= TimeSpan.Zero || LockDuration > TimeSpan.FromMinutes(5))
        {
            yield return $"{Name}: LockDuration must be over zero and at most 5 minutes";
        }

        if (MaxDeliveryCount < 1)
        {
            yield return $"{Name}: MaxDeliveryCount must be 1 or more";
        }

        if (DuplicateDetectionWindow <= TimeSpan.Zero || DuplicateDetectionWindow > TimeSpan.FromDays(7))
        {
            yield return $"{Name}: DuplicateDetectionWindow must be over zero and at most 7 days";
        }

        if (DefaultTimeToLive <= TimeSpan.Zero)
        {
            yield return $"{Name}: DefaultTimeToLive must be over zero";
        }

        if (MaxMessageOctets is < 1024 or > 100 * 1024 * 1024)
        {
            yield return $"{Name}: MaxMessageOctets must be from 1 KiB to 100 MiB";
        }
    }
}
