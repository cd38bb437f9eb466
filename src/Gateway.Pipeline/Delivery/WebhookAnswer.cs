namespace Gateway.Pipeline.Delivery;

/// <summary>One request to an endpoint, ready to be sent.</summary>
public sealed record WebhookRequest
{
    public required Uri Url { get; init; }

    /// <summary>Loopback, private and link-local addresses may be connected to.</summary>
    public required bool AllowPrivate { get; init; }

    /// <summary>For all of it: connecting, sending, and the answer.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The value of <c>webhook-id</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The value of <c>webhook-timestamp</c>.</summary>
    public required string Timestamp { get; init; }

    /// <summary>The value of <c>webhook-signature</c>.</summary>
    public required string Signature { get; init; }

    /// <summary>W3C trace context; null when there is none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The body; what was signed is what is sent.</summary>
    public required ReadOnlyMemory<byte> Octets { get; init; }
}

/// <summary>What an endpoint answered, or why it did not.</summary>
public sealed record WebhookAnswer
{
    /// <summary>Null when there was no answer; then there is a failure.</summary>
    public int? Status { get; init; }

    public DeliveryFailure? Failure { get; init; }

    /// <summary>What the endpoint asked to wait (RFC 9110 section 10.2.3), from now; never negative; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The first octets of an answer other than 2xx, as text with replacement characters; null when there were none.</summary>
    public string? Text { get; init; }

    public TimeSpan Elapsed { get; init; }

    public static WebhookAnswer Failed(DeliveryFailure failure, TimeSpan elapsed) => new() { Failure = failure, Elapsed = elapsed };
}
