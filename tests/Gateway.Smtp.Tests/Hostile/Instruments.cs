using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>The metrics of one server: its counters summed, its gauges read when they are asked for.</summary>
internal sealed class Instruments : IDisposable
{
    private readonly TestServer.Meters _meters = new();
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Name, string? Tag), long> _sums = new();
    private readonly ConcurrentDictionary<string, long> _gauges = new(StringComparer.Ordinal);

    public Instruments()
    {
        Metrics = new(_meters);
        _listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter == _meters.Last)
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Take);
        _listener.SetMeasurementEventCallback<int>((instrument, count, tags, state) => Take(instrument, count, tags, state));
        _listener.Start();
    }

    /// <summary>For the server.</summary>
    public SmtpMetrics Metrics { get; }

    /// <summary>Sessions that are open.</summary>
    public long Sessions => Sum("connections");

    /// <summary>Octets taken from the memory budget.</summary>
    public long HeldOctets => Gauge("memory.held");

    /// <summary>Clients that something is remembered of.</summary>
    public long Tracked => Gauge("clients.tracked");

    /// <param name="limit">Its tag.</param>
    public long Limited(string limit) => Sum("limited", limit);

    /// <summary>What was counted so far.</summary>
    /// <param name="name">Without its beginning, <c>gateway.smtp.</c>.</param>
    /// <param name="tag">The value of the only tag; null: it has none.</param>
    public long Sum(string name, string? tag = null) => _sums.GetValueOrDefault(($"gateway.smtp.{name}", tag));

    private long Gauge(string name)
    {
        _listener.RecordObservableInstruments();
        return _gauges[$"gateway.smtp.{name}"];
    }

    private void Take(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (instrument.IsObservable)
        {
            _gauges[instrument.Name] = value;
            return;
        }

        _sums.AddOrUpdate((instrument.Name, tags.Length == 1 ? tags[0].Value as string : null), value, (_, sum) => sum + value);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meters.Dispose();
    }
}
