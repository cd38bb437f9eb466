using Azure.Messaging.ServiceBus;
using Gateway.Azure;
using Gateway.Azure.Bus;
using Gateway.Core.Events;
using Gateway.Pipeline;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Gateway.Functions;

/// <summary>
/// Hands what a trigger received to its stage. To return is to let the host complete the message; to throw is to have it given back, after a
/// pause in which its lock is renewed. Retries are copies with a due time and never a matter of throwing.
/// </summary>
public sealed class StageTriggers : IDisposable
{
    /// <summary>Settings of the host's and of our own connection to Service Bus: <c>Bus__fullyQualifiedNamespace</c>, or <c>Bus</c> for an emulator.</summary>
    public const string Connection = "Bus";

    /// <summary>Behind a queue's name: its dead-letter subqueue.</summary>
    public const string DeadLetters = "/$deadletterqueue";

    /// <summary>Messages inspected at once, in this process.</summary>
    public static readonly int MostInspections = Math.Max(8, Environment.ProcessorCount);

    /// <summary>For what is under way when the host ends: a request that an endpoint may have taken is better answered than made again. Hosts wait little longer.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    private readonly TimeProvider _clock;
    private readonly Dictionary<StageQueue, StageHandler> _stages;
    private readonly Dictionary<StageQueue, StageHandler> _watchers;
    private readonly SemaphoreSlim _inspections = new(MostInspections, MostInspections);

    public StageTriggers(BusClients clients, StageRunner runner, TimeProvider clock, ILogger<StageTriggers> logger)
    {
        _clock = clock;
        _stages = Enum.GetValues<StageQueue>().ToDictionary(queue => queue, queue => new StageHandler(clients, queue, deadLetters: false, Work(runner, queue), clock, logger));
        _watchers = Enum.GetValues<StageQueue>().ToDictionary(queue => queue, queue => new StageHandler(clients, queue, deadLetters: true, Watch(runner, queue), clock, logger));
    }

    /// <summary>Works on an event of a queue.</summary>
    /// <param name="queue">Which one.</param>
    /// <param name="message">Locked by the host, which renews the lock.</param>
    /// <param name="actions">For what has failed for days and is given up.</param>
    /// <param name="cancel">The host ends.</param>
    public async Task RunAsync(StageQueue queue, ServiceBusReceivedMessage message, ServiceBusMessageActions actions, CancellationToken cancel)
    {
        if (await HandleAsync(_stages[queue], message, cancel) is { } reason)
        {
            await actions.DeadLetterMessageAsync(
                message, deadLetterReason: reason, deadLetterErrorDescription: StageHandler.Description(message), cancellationToken: CancellationToken.None);
        }
    }

    /// <summary>Makes a record of what a queue gave up.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public Task WatchAsync(StageQueue queue, ServiceBusReceivedMessage message, CancellationToken cancel) => HandleAsync(_watchers[queue], message, cancel);

    public void Dispose() => _inspections.Dispose();

    private async Task<string?> HandleAsync(StageHandler handler, ServiceBusReceivedMessage message, CancellationToken cancel)
    {
        using var abort = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _clock);
        await using var ending = cancel.UnsafeRegister(static source => ((CancellationTokenSource)source!).CancelAfter(Grace), abort);
        return await handler.HandleAsync(message, stop: cancel, abort.Token);
    }

    private StageWork Work(StageRunner runner, StageQueue queue) => queue == StageQueue.Received
        ? (delivery, cancel) => InspectAsync(runner, delivery.Body, cancel)
        : (delivery, cancel) => runner.RunAsync(queue, delivery.Body, cancel);

    private static StageWork Watch(StageRunner runner, StageQueue queue) => (delivery, cancel) => runner.TakeDeadAsync(queue, delivery.Body, delivery.DeadLetterReason, cancel);

    /// <summary>The host's limit of calls is the same number for each function: a delivery that waits for an answer holds little, an inspection holds a message.</summary>
    private async Task InspectAsync(StageRunner runner, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        await _inspections.WaitAsync(cancel);
        try
        {
            await runner.RunAsync(StageQueue.Received, body, cancel);
        }
        finally
        {
            _inspections.Release();
        }
    }
}
