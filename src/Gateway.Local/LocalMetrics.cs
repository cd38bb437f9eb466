using System.Diagnostics.Metrics;
using Gateway.Core.Events;
using Gateway.Local.Storage;

namespace Gateway.Local;

/// <summary>Instruments of the local adapters. Tags are closed sets only.</summary>
public sealed class LocalMetrics
{
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<long> _commitChanges;
    private readonly Counter<long> _stageFailures;

    public LocalMetrics(IMeterFactory meters, LocalDatabase database, SqliteStageQueue queue, TimeProvider clock)
    {
        var meter = meters.Create(LocalTelemetry.Name);
        _commitDuration = meter.CreateHistogram<double>("gateway.local.commit.duration", "s", "One transaction and its sync");
        _commitChanges = meter.CreateHistogram<long>("gateway.local.commit.changes", "{change}", "Changes that shared one sync");
        _stageFailures = meter.CreateCounter<long>("gateway.local.stage.failures", "{event}", "Events given back because their stage failed, by queue");
        meter.CreateObservableGauge("gateway.local.queue.oldest", () => Ages(queue, clock), "s", "How long the oldest event that is due has waited, by queue");
        database.Commits.Committed += (changes, elapsed) =>
        {
            _commitChanges.Record(changes);
            _commitDuration.Record(elapsed.TotalSeconds);
        };
    }

    internal void StageFailed(StageQueue queue) => _stageFailures.Add(1, new KeyValuePair<string, object?>("queue", Word(queue)));

    private static IEnumerable<Measurement<double>> Ages(SqliteStageQueue queue, TimeProvider clock)
    {
        foreach (var stage in Enum.GetValues<StageQueue>())
        {
            var age = queue.OldestDue(stage) is { } oldest ? (clock.GetUtcNow() - oldest).TotalSeconds : 0;
            yield return new(age, new KeyValuePair<string, object?>("queue", Word(stage)));
        }
    }

    private static string Word(StageQueue queue) => queue switch
    {
        StageQueue.Received => "received",
        StageQueue.Inspected => "inspected",
        _ => "deliveries",
    };
}
