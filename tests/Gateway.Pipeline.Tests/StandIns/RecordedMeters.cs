using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Pipeline.Tests.StandIns;

/// <summary>A meter factory whose measurements can be read.</summary>
internal sealed class RecordedMeters : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly List<Meter> _meters = [];

    public RecordedMeters()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    public ConcurrentQueue<string> Measured { get; } = [];

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(new MeterOptions(options.Name) { Scope = this });
        _meters.Add(meter);
        return meter;
    }

    public int Count(string measurement) => Measured.Count(text => text == measurement);

    public void Dispose()
    {
        _listener.Dispose();
        _meters.ForEach(meter => meter.Dispose());
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = instrument is Counter<long> ? $"{instrument.Name}={value}" : instrument.Name;
        foreach (var (name, tag) in tags)
        {
            text += $" {name}={tag}";
        }

        Measured.Enqueue(text);
    }
}
