using System.Diagnostics.Metrics;

namespace Gateway.Azure;

/// <summary>Instruments of the Azure adapters. Tags are closed sets only.</summary>
public sealed class AzureMetrics
{
    internal const string Blob = "blob";
    internal const string Bus = "bus";
    internal const string Memory = "memory";

    private readonly Counter<long> _failures;
    private readonly Histogram<double> _blobDuration;
    private readonly Histogram<double> _busDuration;
    private readonly UpDownCounter<long> _held;
    private readonly Counter<long> _waits;
    private readonly Histogram<long> _transferEvents;
    private readonly Gauge<double> _oldest;

    public AzureMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(AzureTelemetry.Name);
        _failures = meter.CreateCounter<long>("gateway.azure.intake.failures", "{failure}", "Messages that could not be taken in, by what failed and why");
        _blobDuration = meter.CreateHistogram<double>("gateway.azure.intake.blob.duration", "s", "From the end of a message to its octets being durable");
        _busDuration = meter.CreateHistogram<double>("gateway.azure.intake.bus.duration", "s", "From the octets being durable to the event being accepted");
        _held = meter.CreateUpDownCounter<long>("gateway.azure.intake.held", "By", "Memory that messages on their way in hold");
        _waits = meter.CreateCounter<long>("gateway.azure.intake.waits", "{wait}", "How often a message had to wait for memory");
        _transferEvents = meter.CreateHistogram<long>("gateway.azure.bus.transfer.events", "{event}", "Events that went to the queue in one transfer");
        _oldest = meter.CreateGauge<double>("gateway.azure.queue.oldest", "s", "How long the oldest event that is due has waited, by queue");
    }

    internal void Failed(string what, string why) => _failures.Add(1, new("what", what), new("why", why));

    internal void Stored(TimeSpan elapsed) => _blobDuration.Record(elapsed.TotalSeconds);

    internal void Accepted(TimeSpan elapsed) => _busDuration.Record(elapsed.TotalSeconds);

    internal void Held(long octets) => _held.Add(octets);

    internal void Waited() => _waits.Add(1);

    internal void OldestDue(string queue, TimeSpan age) => _oldest.Record(Math.Max(0, age.TotalSeconds), new KeyValuePair<string, object?>("queue", queue));

    internal void Transferred(int events) => _transferEvents.Record(events);
}
