namespace Gateway.Azure.Bus;

/// <summary>
/// Works on one event; when it ends, the event is done. To throw is to be handed the event again later: ten times, or, if what it throws says that a store
/// or the bus failed, for three days.
/// </summary>
/// <param name="delivery">The event, handed out.</param>
/// <param name="cancel">The hard stop.</param>
public delegate Task StageWork(StageDelivery delivery, CancellationToken cancel);

/// <summary>An event as a queue hands it out.</summary>
/// <param name="Body">As it was sent.</param>
/// <param name="DeliveryCount">How often it was handed out, this time included.</param>
/// <param name="DeadLetterReason">Why the queue gave it up; null when it comes from no dead-letter subqueue.</param>
public readonly record struct StageDelivery(ReadOnlyMemory<byte> Body, int DeliveryCount, string? DeadLetterReason);
