using System.Diagnostics;
using System.Reflection;
using System.Text;
using Gateway.Azure;
using Gateway.Azure.Bus;
using Gateway.Azure.Intake;
using Gateway.Azure.Stores;
using Gateway.Core;
using Gateway.Testing.Azurite;
using Gateway.Testing.Functions;
using Gateway.Testing.ServiceBus;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>
/// The Functions app in its own process, each stage alone and then all three: what it does with Azurite, the broker and the host of the tests around
/// it on one machine. It says nothing about Azure, where none of them is.
/// </summary>
internal sealed class FunctionsBenchmark : IAsyncDisposable
{
    private const string Secret = "whsec_YSBiZW5jaG1hcmsgaGFzIG5vIHNlY3JldHMgdG8ga2VlcA==";
    private const int Writers = 16;

    private static readonly string[] Stages = ["Inspect", "Route", "Deliver"];
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly AzuriteProcess _azurite;
    private readonly ServiceBusBroker _broker;
    private readonly CountingEndpoint _endpoint;
    private readonly StorageClients _storage;
    private readonly BusClients _bus;
    private readonly EventSender _events;
    private readonly BlobIntake _intake;
    private readonly byte[] _message;
    private readonly string _secretPath = Path.GetTempFileName();

    private FunctionsBenchmark(AzuriteProcess azurite, ServiceBusBroker broker, CountingEndpoint endpoint, int octets)
    {
        (_azurite, _broker, _endpoint, _message) = (azurite, broker, endpoint, Message(octets));
        _storage = new(new() { ConnectionString = azurite.ConnectionString, TryTimeout = TimeSpan.FromMinutes(1) }, credential: null);
        _bus = new(new() { ConnectionString = broker.ConnectionString }, credential: null);
        var metrics = new AzureMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        _events = new(_bus, metrics);
        _intake = new(_storage, _events, new(), metrics, TimeProvider.System, NullLogger<BlobIntake>.Instance);
    }

    /// <param name="messages">In each round.</param>
    /// <param name="octets">Of each.</param>
    /// <param name="rounds">All stages, and all three at once, in each.</param>
    /// <param name="output">Where the table is written.</param>
    /// <param name="cancel">Ends it.</param>
    public static async Task RunAsync(int messages, int octets, int rounds, TextWriter output, CancellationToken cancel)
    {
        await using var benchmark = new FunctionsBenchmark(
            await AzuriteProcess.StartAsync([], cancel), await ServiceBusBroker.StartAsync(new()), await CountingEndpoint.StartAsync(cancel), octets);
        await benchmark.SetUpAsync(cancel);
        await output.WriteLineAsync($"{messages} messages of {octets} octets a round, {rounds} rounds, {Environment.ProcessorCount} cores, {Configuration} build of the app");
        await output.WriteLineAsync("The worker is real; Azurite (in memory), the broker, the host and the endpoint are the tests', on the same cores. From the first to the last message, its warming up included.");
        var measured = new Dictionary<string, List<Measurement>>(StringComparer.Ordinal);
        for (var round = 0; round < rounds; round++)
        {
            await benchmark.FillAsync(messages, cancel);
            foreach (var stage in Stages)
            {
                Add(stage, await benchmark.MeasureAsync([stage], messages, cancel)); // what one sends is what the next is given
            }

            await benchmark.FillAsync(messages, cancel);
            Add("all three", await benchmark.MeasureAsync(Stages, messages, cancel));
        }

        await output.WriteLineAsync($"{"",-12}{"per s, median",16}{"least",10}{"most",10}{"worker CPU a message, ms",28}{"least",10}{"most",10}{"runs a message",18}");
        foreach (var (name, its) in measured)
        {
            var (rates, costs) = (its.Select(one => one.PerSecond).Order().ToArray(), its.Select(one => one.Milliseconds).Order().ToArray());
            await output.WriteLineAsync($"{name,-12}{Figures.Median(rates),16:0}{rates[0],10:0}{rates[^1],10:0}{Figures.Median(costs),28:0.00}{costs[0],10:0.00}{costs[^1],10:0.00}{its.Average(one => one.Runs),18:0.00}");
        }

        void Add(string name, Measurement one)
        {
            measured.TryAdd(name, []);
            measured[name].Add(one);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _events.DisposeAsync();
        await _bus.DisposeAsync();
        await _broker.DisposeAsync();
        await _azurite.DisposeAsync();
        await _endpoint.DisposeAsync();
        File.Delete(_secretPath);
    }

    private static string Configuration => typeof(FunctionsBenchmark).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private static byte[] Message(int octets)
    {
        var text = new StringBuilder("From: Alice <alice@example.org>\r\nTo: support@in.example.com\r\nSubject: What it costs\r\nDate: Tue, 24 Nov 2026 18:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
            + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n");
        while (text.Length < octets)
        {
            text.Append("Some lines of text, as people write them, none of them very long.\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private async Task SetUpAsync(CancellationToken cancel)
    {
        await File.WriteAllTextAsync(_secretPath, Secret, cancel);
        await _storage.CreateAsync(cancel);
        var configuration = $$"""
            { "version": 1, "domains": [{ "name": "*" }],
              "endpoints": [{ "id": "app", "url": "{{_endpoint.Url}}/", "secrets": ["file:{{_secretPath}}"], "allowPrivate": true }],
              "routes": [{ "id": "all", "priority": 1, "match": {}, "actions": [{ "webhook": "app" }] }] }
            """;
        _ = await new BlobConfigurationSource(_storage).WriteAsync(Encoding.UTF8.GetBytes(configuration), null, cancel);
    }

    /// <summary>Takes messages in as <c>gateway serve</c> does: their blobs, and events in queue "received".</summary>
    private Task FillAsync(int messages, CancellationToken cancel) => Parallel.ForEachAsync(
        Enumerable.Range(0, messages), new ParallelOptions { MaxDegreeOfParallelism = Writers, CancellationToken = cancel }, async (_, cancel) =>
        {
            var id = MessageId.New(TimeProvider.System);
            await using var message = await _intake.OpenAsync(id, cancel);
            await message.WriteAsync(_message, cancel);
            await message.CommitAsync(SampleEvent.Of(id, _message.Length), cancel);
        });

    private async Task<Measurement> MeasureAsync(string[] stages, int messages, CancellationToken cancel)
    {
        await using var host = await FunctionsHost.StartAsync(new() { ApplicationDirectory = ApplicationDirectory, Settings = Settings(stages) }, cancel);
        await UntilAsync(host, () => host.CountsOf(stages[0]).Started > 0, cancel);
        var (watch, before, last, webhooks) = (Stopwatch.StartNew(), host.WorkerProcessorTime, stages[^1], _endpoint.Webhooks);
        long Done() => last == "Deliver" ? _endpoint.Webhooks - webhooks : host.CountsOf(last).Succeeded;
        await UntilAsync(host, () => Done() >= messages, cancel);
        var (elapsed, used) = (watch.Elapsed, host.WorkerProcessorTime - before);
        await host.StopAsync(TimeSpan.FromSeconds(30));
        if (Done() != messages || stages.Any(stage => host.CountsOf(stage).Failed > 0))
        {
            throw new InvalidOperationException($"{Done()} instead of {messages}: {string.Join(", ", stages.Select(stage => $"{stage} {host.CountsOf(stage)}"))}");
        }

        return new(messages / elapsed.TotalSeconds, used.TotalMilliseconds / messages, (double)host.CountsOf(last).Succeeded / messages);
    }

    private static string ApplicationDirectory =>
        typeof(FunctionsBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Functions").Value!;

    private Dictionary<string, string> Settings(string[] stages) => new(
        Stages.Except(stages).Select(stage => KeyValuePair.Create($"AzureWebJobs.{stage}.Disabled", "true")), StringComparer.Ordinal)
    {
        ["Bus"] = _broker.ConnectionString,
        ["GATEWAY_Storage__ConnectionString"] = _azurite.ConnectionString,
    };

    private static async Task UntilAsync(FunctionsHost host, Func<bool> condition, CancellationToken cancel)
    {
        for (var watch = Stopwatch.StartNew(); !condition(); await Task.Delay(Look, cancel)) // the worker is another process: its counts are looked at, and nothing is asserted of the time
        {
            if (watch.Elapsed > Limit || host.WorkerStarts > 1)
            {
                throw new InvalidOperationException(string.Join('\n', host.Logs.Where(line => line.Level >= LogLevel.Warning).TakeLast(20)));
            }
        }
    }

    /// <param name="PerSecond">Messages.</param>
    /// <param name="Milliseconds">Of the worker's CPU for a message.</param>
    /// <param name="Runs">Of the last stage for a message: a delivery that finds no slot of its endpoint runs again.</param>
    private sealed record Measurement(double PerSecond, double Milliseconds, double Runs);
}
