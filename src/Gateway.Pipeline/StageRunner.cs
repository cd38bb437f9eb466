using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Pipeline.DeadLetters;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Inspect;
using Gateway.Pipeline.Routing;
using Microsoft.Extensions.Logging;

namespace Gateway.Pipeline;

/// <summary>
/// Runs a stage on one event and carries out what came of it, for drivers whose queue cannot send and settle in one transaction (Service
/// Bus). What is sent on is durable before the driver settles the event: a crash between the two repeats the stage, and the ids of what it
/// sends make the repeated send no second event.
/// </summary>
public sealed class StageRunner(
    InspectStage inspect,
    RouteStage route,
    DeliverStage deliver,
    IStageQueue queues,
    IActivityLog activities,
    DeadLetterBook deadLetters,
    TimeProvider clock,
    ILogger<StageRunner> logger)
{
    /// <summary>How long a log may take to be written; the SDK's tries against a table that does not answer take longer than a stage may wait.</summary>
    private static readonly TimeSpan TellTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Completes when the event may be settled for good. Throws when a store or a queue fails, or <paramref name="cancel"/> ends it: the event
    /// must then be handed out again, later.
    /// </summary>
    /// <param name="queue">Where the event was taken from; it says which stage works on it.</param>
    /// <param name="body">What came from the queue.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task RunAsync(StageQueue queue, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        Tell(PipelineTelemetry.StageStarting, queue);
        var result = await (queue switch
        {
            StageQueue.Received => inspect.RunAsync(body, cancel),
            StageQueue.Inspected => route.RunAsync(body, cancel),
            _ => deliver.RunAsync(body, cancel),
        });
        if (result.DeadLetterReason is { } reason)
        {
            await DeadLetterAsync(queue, body, reason, cancel);
        }
        else if (result.Sends.Length > 0)
        {
            Tell(PipelineTelemetry.StageSending, queue);
            await queues.SendAsync(result.Sends, cancel);
        }

        await TellAsync(result.Activities, cancel);
        Tell(PipelineTelemetry.StageDone, queue);
    }

    /// <summary>Takes an event out of a dead-letter subqueue: what the queue itself gave up, since our code could not settle it.</summary>
    /// <param name="queue">Whose subqueue.</param>
    /// <param name="body">What came from it; anything.</param>
    /// <param name="queueReason">Why the queue gave it up, in its words; null when it does not say.</param>
    /// <param name="cancel">Gives up; may be done again.</param>
    public Task TakeDeadAsync(StageQueue queue, ReadOnlyMemory<byte> body, string? queueReason, CancellationToken cancel) =>
        DeadLetterAsync(queue, body, $"The queue gave it up: {queueReason ?? "no reason"}", cancel);

    /// <summary>
    /// Makes a durable record of an event that nobody can work on, its raw message kept. Completes when it may be settled; throws only when a
    /// store fails.
    /// </summary>
    private async Task DeadLetterAsync(StageQueue queue, ReadOnlyMemory<byte> body, string reason, CancellationToken cancel)
    {
        var record = await deadLetters.RecordAsync(queue, body, reason, answer: null, cancel);
        logger.EventDeadLettered(record.Id, queue, reason);
        if (record.MessageId is { } id)
        {
            await TellAsync([new() { MessageId = id, At = clock.GetUtcNow(), Kind = ActivityKind.DeadLettered, Reason = reason }], cancel);
        }
    }

    private static void Tell(string point, StageQueue queue)
    {
        if (PipelineTelemetry.Points.IsEnabled(point))
        {
            PipelineTelemetry.Points.Write(point, queue);
        }
    }

    /// <summary>A log that cannot be written, or not in time, must hold up no mail: the lines are lost, which its port allows.</summary>
    private async ValueTask TellAsync(IReadOnlyList<ActivityEntry> entries, CancellationToken cancel)
    {
        try
        {
            if (entries.Count > 0)
            {
                using var timeout = new CancellationTokenSource(TellTimeout, clock);
                using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
                await activities.AppendAsync(entries, both.Token);
            }
        }
        catch (Exception e)
        {
            logger.ActivityLost(e, entries.Count);
        }
    }
}
