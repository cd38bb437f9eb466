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

    private readonly Dictionary<StageQueue, StageHandler> _stages;
    private readonly Dictionary<StageQueue, StageHandler> _watchers;
    private readonly SemaphoreSlim _inspections = new(MostInspections, MostInspections);

    public StageTriggers(BusClients clients, StageRunner runner, TimeProvider clock, ILogger<StageTriggers> logger)
    {
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
        if (await _stages[queue].HandleAsync(message, stop: cancel, abort: cancel) is { } reason)
        {
            await actions.DeadLetterMessageAsync(
                message, deadLetterReason: reason, deadLetterErrorDescription: StageHandler.Description(message), cancellationToken: CancellationToken.None);
        }
    }

    /// <summary>Makes a record of what a queue gave up.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public async Task WatchAsync(StageQueue queue, ServiceBusReceivedMessage message, CancellationToken cancel) =>
        await _watchers[queue].HandleAsync(message, stop: cancel, abort: cancel);

    public void Dispose() => _inspections.Dispose();

    private StageWork Work(StageRunner runner, StageQueue queue) => queue == StageQueue.Received
        ? (delivery, cancel) => InspectAsync(runner, delivery.Body, cancel)
        : (delivery, cancel) => runner.RunAsync(queue, delivery.Body, cancel);

    private static StageWork Watch(StageRunner runner, StageQueue queue) => (delivery, cancel) => runner.TakeDeadAsync(queue, delivery.Body, delivery.DeadLetterReason, cancel);

    /// <summary>The host's limit of calls is one for all functions: a delivery that waits for an answer holds little, an inspection holds a message.</summary>
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
