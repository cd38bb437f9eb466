using System.Diagnostics;

namespace Gateway.Pipeline;

/// <summary>Spans of the stages, and the points at which a test can look in or kill the process.</summary>
public static class PipelineTelemetry
{
    /// <summary>Name of the activity source, of the meter and of the diagnostic listener.</summary>
    public const string Name = "Gateway.Pipeline";

    /// <summary>Written after an endpoint answered and before anything is made of it; the payload is an <see cref="AnsweredPoint"/>.</summary>
    public const string DeliveryAnswered = "delivery.answered";

    /// <summary>Written when a new configuration is parsed and not yet in force; the payload is its ETag.</summary>
    public const string ConfigurationReplacing = "configuration.replacing";

    /// <summary>Written when a stage is given an event by a driver without transactions; the payload is the <see cref="Core.Events.StageQueue"/> that it came from.</summary>
    public const string StageStarting = "stage.starting";

    /// <summary>Written when a stage has run, with its parts and records stored, and nothing of what it sends on is in a queue yet; the payload is the queue as above.</summary>
    public const string StageSending = "stage.sending";

    /// <summary>Written when all that a stage made is durable and its event is not settled yet; the payload is the queue as above.</summary>
    public const string StageDone = "stage.done";

    public static readonly ActivitySource Source = new(Name);

    public static readonly DiagnosticListener Points = new(Name);

    /// <summary>A span of a stage under the trace that the event carries; null when nobody listens.</summary>
    /// <param name="stage">The span's name.</param>
    /// <param name="traceParent">W3C traceparent of the event; null or malformed starts a trace of its own.</param>
    internal static Activity? Start(string stage, string? traceParent) =>
        Source.StartActivity(stage, ActivityKind.Consumer, ActivityContext.TryParse(traceParent, null, out var parent) ? parent : default);
}

/// <summary>What is known at <see cref="PipelineTelemetry.DeliveryAnswered"/>.</summary>
/// <param name="DeliveryId">The delivery.</param>
/// <param name="Attempt">Requests made before in this run.</param>
/// <param name="Status">The answer; null when the request failed.</param>
public sealed record AnsweredPoint(string DeliveryId, int Attempt, int? Status);
