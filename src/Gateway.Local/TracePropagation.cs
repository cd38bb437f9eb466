using System.Diagnostics;

namespace Gateway.Local;

/// <summary>
/// Lets every message carry a trace context from SMTP to the webhook's <c>traceparent</c>, also while nobody collects spans: without a
/// listener no trace would begin.
/// </summary>
public sealed class TracePropagation : IDisposable
{
    private readonly ActivityListener _listener;

    /// <param name="isUndecided">
    /// True: nobody in this process says which traces are recorded, so those that begin here are marked as recorded: marked as not recorded, they would be
    /// recorded nowhere, since samplers follow the one that was first (one that decides by a ratio must not follow its parent). False: somebody may,
    /// and nothing is added to what he says.
    /// </param>
    public TracePropagation(bool isUndecided)
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name.StartsWith("Gateway.", StringComparison.Ordinal),
            Sample = isUndecided ? Follow : static (ref _) => ActivitySamplingResult.PropagationData,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    private static ActivitySamplingResult Follow(ref ActivityCreationOptions<ActivityContext> span) =>
        span.Parent == default || span.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
            ? ActivitySamplingResult.AllDataAndRecorded
            : ActivitySamplingResult.PropagationData;
}
