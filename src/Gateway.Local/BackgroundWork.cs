using Microsoft.Extensions.Logging;

namespace Gateway.Local;

/// <summary>What a gateway does beside taking mail, until it stops.</summary>
public static class BackgroundWork
{
    /// <summary>Completes when the work has ended, and never throws: an end that nobody asked for is logged, and the gateway goes on.</summary>
    /// <param name="name">For the log.</param>
    /// <param name="work">Runs until its token says so.</param>
    /// <param name="logger">Where an early end is told.</param>
    /// <param name="stop">The token.</param>
    public static async Task UntilStoppedAsync(string name, Func<CancellationToken, Task> work, ILogger logger, CancellationToken stop)
    {
        try
        {
            await work(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // That is how it ends.
        }
        catch (Exception e)
        {
            logger.BackgroundEnded(e, name);
        }
    }
}
