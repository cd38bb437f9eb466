namespace Gateway.Testing.ServiceBus.Core;

/// <summary>What a queue does by itself. Null: it does not do that at all.</summary>
internal sealed record QueueRules
{
    public required string Name { get; init; }

    public required TimeSpan LockDuration { get; init; }

    public int? MaxDeliveryCount { get; init; }

    public TimeSpan? DuplicateDetectionWindow { get; init; }

    public TimeSpan? TimeToLive { get; init; }

    public bool DeadLettersExpired { get; init; }

    public static QueueRules Of(QueueOptions options) => new()
    {
        Name = options.Name,
        LockDuration = options.LockDuration,
        MaxDeliveryCount = options.MaxDeliveryCount,
        DuplicateDetectionWindow = options.RequiresDuplicateDetection ? options.DuplicateDetectionWindow : null,
        TimeToLive = options.DefaultTimeToLive,
        DeadLettersExpired = options.DeadLetteringOnMessageExpiration,
    };

    /// <summary>A dead letter waits for ever and is delivered as often as it is asked for.</summary>
    public static QueueRules OfDeadLetters(QueueOptions options) => new() { Name = options.Name, LockDuration = options.LockDuration };
}
