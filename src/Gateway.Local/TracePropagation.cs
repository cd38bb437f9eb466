using System.Diagnostics;

namespace Gateway.Local;

/// <summary>
/// Lets every message carry a trace context from SMTP to the webhook's <c>traceparent</c>, also while nobody collects spans: without a
/// listener no trace would begin.
/// </summary>
public sealed class TracePropagation : IDisposable
{
    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = source => source.Name.StartsWith("Gateway.", StringComparison.Ordinal),
        Sample = (ref _) => ActivitySamplingResult.PropagationData,
    };

    public TracePropagation() => ActivitySource.AddActivityListener(_listener);

    public void Dispose() => _listener.Dispose();
}
