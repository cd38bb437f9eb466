using System.Diagnostics.Metrics;
using Gateway.Core.Events;
using Gateway.Pipeline.Delivery;

namespace Gateway.Pipeline;

/// <summary>Instruments of routing and delivery. Tags are closed sets only: never an address, a domain or a URL.</summary>
public sealed class PipelineMetrics
{
    private readonly Counter<long> _deliveries;
    private readonly Histogram<double> _attemptDuration;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _parked;
    private readonly Counter<long> _noSlot;
    private readonly Counter<long> _deadLetters;
    private readonly Counter<long> _routed;
    private readonly Counter<long> _unrouted;
    private readonly Counter<long> _reloads;

    public PipelineMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(PipelineTelemetry.Name);
        _deliveries = meter.CreateCounter<long>("gateway.pipeline.deliveries", "{delivery}", "Attempts at a delivery, by what came of them");
        _attemptDuration = meter.CreateHistogram<double>("gateway.pipeline.attempt.duration", "s", "From the connection to the end of the answer");
        _retries = meter.CreateCounter<long>("gateway.pipeline.retries", "{delivery}", "Deliveries scheduled for another attempt, by cause");
        _parked = meter.CreateCounter<long>("gateway.pipeline.endpoints.parked", "{endpoint}", "Endpoints that answered 410");
        _noSlot = meter.CreateCounter<long>("gateway.pipeline.slots.none", "{delivery}", "Deliveries put off because their endpoint had no free slot");
        _deadLetters = meter.CreateCounter<long>("gateway.pipeline.dead_letters", "{record}", "Dead letters recorded, by queue");
        _routed = meter.CreateCounter<long>("gateway.pipeline.routed", "{recipient}", "Actions that routes took, by kind");
        _unrouted = meter.CreateCounter<long>("gateway.pipeline.unrouted", "{recipient}", "Recipients that no route took");
        _reloads = meter.CreateCounter<long>("gateway.pipeline.configuration.reloads", "{document}", "Changed configuration documents, by whether they were good");
    }

    internal void Attempted(AnswerAction outcome, DeliveryFailure? failure, TimeSpan elapsed)
    {
        _deliveries.Add(1, new KeyValuePair<string, object?>("outcome", Word(outcome)));
        _attemptDuration.Record(elapsed.TotalSeconds, new("outcome", Word(outcome)), new("failure", failure is { } kind ? kind.Word() : "none"));
    }

    internal void Retried(DeliveryFailure? failure) => _retries.Add(1, new KeyValuePair<string, object?>("cause", failure is { } kind ? kind.Word() : "status"));

    internal void EndpointParked() => _parked.Add(1);

    internal void NoSlot() => _noSlot.Add(1);

    internal void DeadLettered(StageQueue queue) => _deadLetters.Add(1, new KeyValuePair<string, object?>("queue", Word(queue)));

    internal void Routed(string action) => _routed.Add(1, new KeyValuePair<string, object?>("action", action));

    internal void Unrouted() => _unrouted.Add(1);

    internal void Reloaded(bool good) => _reloads.Add(1, new KeyValuePair<string, object?>("good", good));

    private static string Word(StageQueue queue) => queue switch
    {
        StageQueue.Received => "received",
        StageQueue.Inspected => "inspected",
        _ => "deliveries",
    };

    private static string Word(AnswerAction outcome) => outcome switch
    {
        AnswerAction.Done => "delivered",
        AnswerAction.Retry => "retry",
        AnswerAction.RetryShort => "retry_short",
        AnswerAction.Park => "parked",
        _ => "dead_letter",
    };
}
