using Gateway.Azure.Bus;
using Gateway.Azure.Tables;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Serving;

/// <summary>What Functions do by timer when they work on the queues: old rows are deleted (tables have no lifecycle rules), and the queues are looked at.</summary>
internal sealed class Upkeep(TableSweep sweep, QueueAges ages, TimeProvider clock, ILogger<Upkeep> logger)
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    /// <summary>Deletes what is past its time, each hour, until it is cancelled; a failure is for the next turn.</summary>
    public Task SweepAsync(CancellationToken cancel) => EachAsync(SweepInterval, SweepOnceAsync, logger.SweepFailed, cancel);

    /// <summary>Measures how long events wait, each minute, until it is cancelled.</summary>
    public Task MeasureAsync(CancellationToken cancel) => EachAsync(LookInterval, ages.MeasureAsync, logger.QueuesNotSeen, cancel);

    private async Task SweepOnceAsync(CancellationToken cancel)
    {
        var (states, tables) = await sweep.SweepAsync(cancel);
        if (states + tables > 0)
        {
            logger.Swept(states, tables);
        }
    }

    private async Task EachAsync(TimeSpan interval, Func<CancellationToken, Task> work, Action<Exception> failed, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(interval, clock);
        do
        {
            try
            {
                await work(cancel);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                failed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }
}
