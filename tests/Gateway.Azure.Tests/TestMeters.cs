using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Azure.Tests;

/// <summary>A meter factory whose measurements can be read.</summary>
internal sealed class TestMeters : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Measurement> _measured = [];
    private readonly List<Meter> _meters = [];
    private long _held;
    private long _peakHeld;
    private Action? _changed;

    public TestMeters()
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

    /// <summary>Of gateway.azure.intake.held, now and at most.</summary>
    public (long Now, long Peak) Held => (Interlocked.Read(ref _held), Interlocked.Read(ref _peakHeld));

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(new MeterOptions(options.Name) { Scope = this });
        _meters.Add(meter);
        return meter;
    }

    /// <summary>Values of an instrument with these tags, as <c>name=value</c>; others are ignored.</summary>
    public double[] Of(string instrument, params string[] tags) =>
        [.. _measured.Where(one => one.Instrument == instrument && tags.All(one.Tags.Contains)).Select(one => one.Value)];

    /// <summary>Until an instrument has measured something with these tags.</summary>
    public Task UntilAsync(string instrument, params string[] tags) => UntilAsync(() => Of(instrument, tags).Length > 0);

    /// <summary>Until it is true; asked after each measurement.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (condition())
            {
                seen.TrySetResult();
            }
        }

        _changed += Look;
        Look();
        await seen.Task.WaitAsync(TestContext.Current.CancellationToken);
        _changed -= Look;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meters.ForEach(meter => meter.Dispose());
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (instrument.Name == "gateway.azure.intake.held")
        {
            var held = Interlocked.Add(ref _held, (long)value);
            InterlockedMax(ref _peakHeld, held);
            _changed?.Invoke();
            return;
        }

        var texts = new List<string>();
        foreach (var (name, tag) in tags)
        {
            texts.Add($"{name}={tag}");
        }

        _measured.Enqueue(new(instrument.Name, value, texts));
        _changed?.Invoke();
    }

    private static void InterlockedMax(ref long target, long value)
    {
        var seen = Interlocked.Read(ref target);
        while (value > seen)
        {
            var before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    private sealed record Measurement(string Instrument, double Value, List<string> Tags);
}
