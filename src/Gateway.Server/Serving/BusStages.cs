using Gateway.Azure;
using Gateway.Azure.Bus;
using Gateway.Core.Events;
using Gateway.Local.Pump;
using Gateway.Pipeline;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Serving;

/// <summary>Works on the queues in this process, as Functions otherwise do: the same stages, and a watcher for what each queue gave up.</summary>
internal sealed class BusStages : IAsyncDisposable
{
    private readonly StageReceiver[] _receivers;

    public BusStages(BusClients clients, StageRunner runner, PumpOptions options, TimeProvider clock, ILogger<StageReceiver> logger) =>
        _receivers = [.. Enum.GetValues<StageQueue>().SelectMany(queue => (StageReceiver[])
        [
            new(clients, queue, deadLetters: false, new() { MaxConcurrent = Concurrency(queue, options) }, Work(runner, queue), clock, logger),
            new(clients, queue, deadLetters: true, new() { MaxConcurrent = 1 }, Watch(runner, queue), clock, logger),
        ])];

    public async Task StartAsync(CancellationToken cancel)
    {
        foreach (var receiver in _receivers)
        {
            await receiver.StartAsync(cancel);
        }
    }

    /// <summary>Takes nothing new and finishes what is under way, until <paramref name="hardStop"/>.</summary>
    public Task StopAsync(CancellationToken hardStop) => Task.WhenAll(_receivers.Select(receiver => receiver.StopAsync(hardStop)));

    public async ValueTask DisposeAsync() => await Task.WhenAll(_receivers.Select(receiver => receiver.DisposeAsync().AsTask()));

    private static int Concurrency(StageQueue queue, PumpOptions options) => queue switch
    {
        StageQueue.Received => options.InspectConcurrency,
        StageQueue.Inspected => options.RouteConcurrency,
        _ => options.DeliverConcurrency,
    };

    private static StageWork Work(StageRunner runner, StageQueue queue) => (delivery, cancel) => runner.RunAsync(queue, delivery.Body, cancel);

    private static StageWork Watch(StageRunner runner, StageQueue queue) => (delivery, cancel) => runner.TakeDeadAsync(queue, delivery.Body, delivery.DeadLetterReason, cancel);
}
