using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Gateway.Azure;
using Gateway.Azure.Bus;
using Gateway.Azure.Intake;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Testing.Azurite;
using Gateway.Testing.ServiceBus;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>
/// The Azure intake against Azurite and the broker of the tests, and each half alone, in turn: what the emulators let through and where the
/// time goes. It says nothing about Azure.
/// </summary>
internal sealed class AzureIntakeBenchmark : IAsyncDisposable
{
    private readonly AzuriteProcess _azurite;
    private readonly ServiceBusBroker _broker;
    private readonly StorageClients _storage;
    private readonly BusClients _bus;
    private readonly EventSender _events;
    private readonly BlobIntake _intake;
    private readonly byte[] _message;
    private readonly Meters _meters = new();

    private AzureIntakeBenchmark(AzuriteProcess azurite, ServiceBusBroker broker, int octets)
    {
        (_azurite, _broker, _message) = (azurite, broker, RandomNumberGenerator.GetBytes(octets));
        _storage = new(new() { ConnectionString = azurite.ConnectionString, TryTimeout = TimeSpan.FromMinutes(1) }, credential: null);
        _bus = new(new() { ConnectionString = broker.ConnectionString }, credential: null);
        var metrics = new AzureMetrics(_meters);
        _events = new(_bus, metrics);
        _intake = new(_storage, _events, new(), metrics, TimeProvider.System, NullLogger<BlobIntake>.Instance);
    }

    public static async Task RunAsync(int octets, int writers, TimeSpan duration, int rounds, TextWriter output, CancellationToken cancel)
    {
        await using var benchmark = new AzureIntakeBenchmark(await AzuriteProcess.StartAsync([], cancel), await ServiceBusBroker.StartAsync(new()), octets);
        await benchmark._storage.CreateAsync(cancel);
        await output.WriteLineAsync($"{octets} octets, {writers} at once, {duration.TotalSeconds:0} s a round, {rounds} rounds; Azurite in memory, the broker in this process");
        (string Name, Func<CancellationToken, Task> Work)[] works =
        [
            ("intake (blob and event)", benchmark.TakeAsync), ("bare PUT of the SDK", benchmark.PutAsync), ("event alone", benchmark.SendAsync),
        ];
        foreach (var (_, work) in works)
        {
            await CountAsync(work, writers, TimeSpan.FromSeconds(2), cancel); // warm up
        }

        benchmark._meters.Forget();
        var rates = works.ToDictionary(work => work.Name, _ => new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (name, work) in round % 2 == 0 ? works : works.Reverse())
            {
                rates[name].Add(await CountAsync(work, writers, duration, cancel));
            }
        }

        await output.WriteLineAsync($"{"",-28}{"per s, median",16}{"least",10}{"most",10}");
        foreach (var (name, its) in rates)
        {
            await output.WriteLineAsync($"{name,-28}{Figures.Median(its),16:0}{its.Min(),10:0}{its.Max(),10:0}");
        }

        foreach (var (name, values) in benchmark._meters.Recorded.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            await output.WriteLineAsync($"{name}: median {Figures.Median([.. values]):0.0000}, mean {values.Average():0.0000}, {values.Count} values");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _events.DisposeAsync();
        await _bus.DisposeAsync();
        await _broker.DisposeAsync();
        await _azurite.DisposeAsync();
        _meters.Dispose();
    }

    private async Task TakeAsync(CancellationToken cancel)
    {
        var id = MessageId.New(TimeProvider.System);
        await using var message = await _intake.OpenAsync(id, cancel);
        await message.WriteAsync(_message, cancel);
        await message.CommitAsync(SampleEvent.Of(id, _message.Length), cancel);
    }

    private Task PutAsync(CancellationToken cancel) => _storage.Raw.GetBlobClient($"bare/{MessageId.New(TimeProvider.System)}")
        .UploadAsync(new BinaryData(_message), new BlobUploadOptions { Conditions = new() { IfNoneMatch = ETag.All } }, cancel);

    private Task SendAsync(CancellationToken cancel) => _events.SendAsync(StageMessage.Of(SampleEvent.Of(MessageId.New(TimeProvider.System), _message.Length)), cancel);

    private static async Task<double> CountAsync(Func<CancellationToken, Task> work, int writers, TimeSpan duration, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, writers).Select(async _ =>
        {
            var count = 0;
            for (; watch.Elapsed < duration; count++)
            {
                await work(cancel);
            }

            return count;
        }));
        return counts.Sum() / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Everything that the histograms of the Azure room were told.</summary>
    private sealed class Meters : IMeterFactory
    {
        private readonly List<Meter> _meters = [];
        private readonly MeterListener _listener = new();

        public Meters()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == AzureTelemetry.Name && instrument is (Histogram<double> or Histogram<long>))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Record(instrument, value));
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Record(instrument, value));
            _listener.Start();
        }

        public ConcurrentDictionary<string, ConcurrentBag<double>> Recorded { get; } = new(StringComparer.Ordinal);

        public Meter Create(MeterOptions options)
        {
            var meter = new Meter(options);
            _meters.Add(meter);
            return meter;
        }

        public void Forget() => Recorded.Clear();

        public void Dispose()
        {
            _listener.Dispose();
            _meters.ForEach(meter => meter.Dispose());
        }

        private void Record(Instrument instrument, double value) => Recorded.GetOrAdd($"{instrument.Name} ({instrument.Unit})", _ => []).Add(value);
    }
}
