using System.Collections.Concurrent;
using System.Diagnostics;
using Gateway.Core;

namespace Gateway.Pipeline.Tests.StandIns;

/// <summary>Spans of the pipeline in the flow of the test that made it: tests run side by side, and the others go on without spans.</summary>
internal sealed class RecordedSpans : IDisposable
{
    private static readonly AsyncLocal<RecordedSpans?> Flow = new();

    private readonly ConcurrentQueue<Activity> _stopped = [];
    private readonly ActivityListener _listener;

    public RecordedSpans()
    {
        Flow.Value = this;
        _listener = new()
        {
            ShouldListenTo = source => source.Name == PipelineTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
                Flow.Value == this ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IEnumerable<Activity> Of(string stage, DeliveryId? delivery = null) =>
        _stopped.Where(span => span.OperationName == stage && (string?)span.GetTagItem("gateway.delivery_id") == delivery?.ToString());

    public void Dispose() => _listener.Dispose();
}
