using System.Diagnostics.Metrics;

namespace Gateway.Pipeline.Inspect;

/// <summary>Instruments of the Inspect stage. Tags are closed sets only.</summary>
public sealed class InspectMetrics
{
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _messages;
    private readonly Counter<long> _defects;

    public InspectMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(PipelineTelemetry.Name);
        _duration = meter.CreateHistogram<double>("gateway.inspect.duration", "s", "Time to inspect one message");
        _messages = meter.CreateCounter<long>("gateway.inspect.messages", "{message}", "Messages inspected, by outcome");
        _defects = meter.CreateCounter<long>("gateway.inspect.defects", "{defect}", "Defects found in messages, by word");
    }

    internal void Inspected(TimeSpan elapsed, bool truncated)
    {
        _duration.Record(elapsed.TotalSeconds);
        _messages.Add(1, new KeyValuePair<string, object?>("inspect.outcome", truncated ? "truncated" : "whole"));
    }

    internal void GivenUp() => _messages.Add(1, new KeyValuePair<string, object?>("inspect.outcome", "given_up"));

    internal void Found(string defect) => _defects.Add(1, new KeyValuePair<string, object?>("inspect.defect", defect));
}
