using Gateway.Core.Events;
using Gateway.Local.Storage;
using Gateway.Pipeline;
using Gateway.Pipeline.DeadLetters;
using Microsoft.Extensions.Logging;

namespace Gateway.Local.Pump;

/// <summary>
/// Drives one stage from its queue: the part that in Azure is played by the Functions host. Failing events wait longer each time and
/// hold nobody up; what fails for good becomes a dead-letter record.
/// </summary>
internal sealed class StagePump(
    StageQueue queue,
    Func<ReadOnlyMemory<byte>, CancellationToken, Task<StageResult>> stage,
    int concurrency,
    PumpOptions options,
    SqliteStageQueue rows,
    DeadLetterBook deadLetters,
    Action<ActivityEntry> observe,
    LocalMetrics metrics,
    TimeProvider clock,
    ILogger logger) : IDisposable
{
    private static readonly TimeSpan QueueRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SurroundingsWait = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _free = new(concurrency, concurrency);

    /// <summary>
    /// Hands out events until <paramref name="stop"/>, then waits for those under way; <paramref name="abort"/> cancels them, and they
    /// are handed out again at the next start.
    /// </summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken abort)
    {
        // What was aborted is due again at once, for the next run: this one must not take it up.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, abort);
        await HandOutAsync(either.Token, abort);
        for (var place = 0; place < concurrency; place++)
        {
            await _free.WaitAsync(CancellationToken.None); // holding every place means that nothing is under way
        }
    }

    private async Task HandOutAsync(CancellationToken stop, CancellationToken abort)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await PumpAsync(stop, abort);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                logger.QueueFailed(e, queue, QueueRetry);
                await PauseAsync(stop);
            }
        }
    }

    public void Dispose() => _free.Dispose();

    private async Task PauseAsync(CancellationToken stop)
    {
        try
        {
            await Task.Delay(QueueRetry, clock, stop);
        }
        catch (OperationCanceledException)
        {
            // The loop's condition sees it.
        }
    }

    private async Task PumpAsync(CancellationToken stop, CancellationToken abort)
    {
        while (true)
        {
            await _free.WaitAsync(stop);
            _free.Release();
            if (rows.NextDue(queue) is not { } due || due > clock.GetUtcNow())
            {
                await rows.Signal(queue).WaitAsync(rows.NextDue(queue), clock, stop);
                continue;
            }

            var leased = await rows.LeaseAsync(queue, _free.CurrentCount, options.Lease, stop);
            foreach (var item in leased)
            {
                await _free.WaitAsync(CancellationToken.None); // this loop alone takes places, so there is one
                _ = WorkAsync(item, abort);
            }
        }
    }

    private async Task WorkAsync(LeasedMessage item, CancellationToken abort)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            // A request does not end the process: whatever did, it was not this delivery.
            if (item.Deliveries > options.MaxDeliveries && queue != StageQueue.Deliveries)
            {
                await DeadLetterAsync(item, $"The process ended {options.MaxDeliveries} times while working on it", abort);
                return;
            }

            using var lease = new CancellationTokenSource(options.Lease, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(abort, lease.Token);
            var result = await stage(item.Body, either.Token);
            if (result.DeadLetterReason is { } reason)
            {
                await DeadLetterAsync(item, reason, abort);
                return;
            }

            if (await rows.CompleteAsync(item, result.Sends, result.Activities))
            {
                foreach (var entry in result.Activities)
                {
                    observe(entry);
                }
            }
            else
            {
                logger.LeaseLost(queue, item.MessageId);
            }
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // The process ends in good order, which says nothing about the event.
            await ForgetAsync(item);
        }
        catch (Exception e)
        {
            await FailAsync(item, e, abort);
        }
        finally
        {
            _free.Release();
        }
    }

    private async Task DeadLetterAsync(LeasedMessage item, string reason, CancellationToken cancel)
    {
        await deadLetters.RecordAsync(queue, item.Body, reason, answer: null, cancel);
        var entry = new ActivityEntry { MessageId = item.MessageId, At = clock.GetUtcNow(), Kind = ActivityKind.DeadLettered, Reason = reason };
        if (await rows.CompleteAsync(item, [], [entry]))
        {
            logger.EventDeadLettered(item.MessageId, queue, reason);
            observe(entry);
        }
    }

    private async Task ForgetAsync(LeasedMessage item)
    {
        try
        {
            await rows.ReleaseAsync(item, clock.GetUtcNow(), counts: false);
        }
        catch (Exception e)
        {
            logger.QueueFailed(e, queue, options.Lease); // released at the next start
        }
    }

    private async Task FailAsync(LeasedMessage item, Exception failure, CancellationToken cancel)
    {
        try
        {
            metrics.StageFailed(queue);

            // A disk that is full for a day must not make dead letters of accepted mail: what our code cannot do counts, and what outlasts
            // its lease; a failing store only when it has failed for days.
            var counts = failure is OperationCanceledException || !StorageFault.IsOfSurroundings(failure);
            if ((counts && item.Deliveries >= options.MaxDeliveries) || clock.GetUtcNow() - item.EnqueuedAt > options.MaxAge)
            {
                logger.StageFailed(failure, queue, item.MessageId, item.Deliveries, TimeSpan.Zero);
                await DeadLetterAsync(item, $"Failed {item.Deliveries} times since {item.EnqueuedAt:u}; the last time with {failure.GetType().Name}", cancel);
                return;
            }

            var wait = counts ? TimeSpan.FromSeconds(Math.Min(Math.Pow(2, item.Deliveries - 1), LongestWait.TotalSeconds)) : SurroundingsWait;
            logger.StageFailed(failure, queue, item.MessageId, item.Deliveries, wait);
            await rows.ReleaseAsync(item, clock.GetUtcNow() + wait, counts);
        }
        catch (Exception e)
        {
            logger.QueueFailed(e, queue, options.Lease); // the lease ends by itself
        }
    }
}
