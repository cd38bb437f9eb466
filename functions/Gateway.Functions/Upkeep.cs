using Gateway.Azure.Bus;
using Gateway.Azure.Tables;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Gateway.Functions;

/// <summary>What nobody's mail starts. The host runs each on one instance of the app at a time.</summary>
public sealed class Upkeep(TableSweep sweep, QueueAges ages, ILogger<Upkeep> logger)
{
    /// <summary>Each hour: deletes rows that are past their time. Tables have no lifecycle rules; blobs have.</summary>
    [Function("Sweep")]
    public async Task SweepAsync([TimerTrigger("0 0 * * * *")] TimerInfo timer, CancellationToken cancel) =>
        logger.Swept(await sweep.SweepAsync(cancel));

    /// <summary>How long the oldest event of each queue has waited. Each five minutes: a timer that fires keeps an instance up, which is paid for.</summary>
    [Function("Measure")]
    public Task MeasureAsync([TimerTrigger("0 */5 * * * *")] TimerInfo timer, CancellationToken cancel) => ages.MeasureAsync(cancel);
}
