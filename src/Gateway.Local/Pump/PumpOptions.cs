namespace Gateway.Local.Pump;

/// <summary>How the local pump drives the stages.</summary>
public sealed record PumpOptions
{
    /// <summary>Messages inspected at once. Default 8, or one a processor where there are more: most of the time is waiting for a sync.</summary>
    public int InspectConcurrency { get; init; } = Math.Max(8, Environment.ProcessorCount);

    /// <summary>Messages routed at once. Default 16: nearly all of the time is waiting for a sync.</summary>
    public int RouteConcurrency { get; init; } = 16;

    /// <summary>Requests under way at once, over all endpoints. Default 64: more than the slots of a few endpoints that hang.</summary>
    public int DeliverConcurrency { get; init; } = 64;

    /// <summary>How long a stage may hold an event; at its end the stage is cancelled and the event handed out again. Default 5 minutes.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Handings-out after which an event on which our code fails, or the process ends, each time becomes a dead-letter record. Failures of the
    /// disk or of a store do not count. Default 10, as Service Bus.
    /// </summary>
    public int MaxDeliveries { get; init; } = 10;

    /// <summary>How long a store may fail on an event before it becomes a dead-letter record. Default 3 days, as long as a delivery is tried.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(3);
}
