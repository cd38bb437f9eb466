using System.Collections.Concurrent;
using System.Diagnostics;
using Gateway.Core;

namespace Gateway.Pipeline.Tests.StandIns;

/// <summary>Spans of the pipeline while it is not disposed; tests run side by side, so each asks for its own message's.</summary>
internal sealed class RecordedSpans : IDisposable
{
    private readonly ConcurrentQueue<Activity> _stopped = [];
    private readonly ActivityListener _listener;

    public RecordedSpans()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == PipelineTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IEnumerable<Activity> Of(string stage, MessageId id) =>
        _stopped.Where(span => span.OperationName == stage && (string?)span.GetTagItem("gateway.message_id") == id.ToString());

    public void Dispose() => _listener.Dispose();
}
