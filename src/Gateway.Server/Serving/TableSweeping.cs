using Gateway.Azure.Tables;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Serving;

/// <summary>Deletes from the tables what is past its time, each hour: tables have no lifecycle rules.</summary>
internal sealed class TableSweeping(TableSweep sweep, TimeProvider clock, ILogger<TableSweeping> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Runs until it is cancelled; a failure is for the next turn.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                var (states, tables) = await sweep.SweepAsync(cancel);
                if (states + tables > 0)
                {
                    logger.Swept(states, tables);
                }
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                logger.SweepFailed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }
}
