using System.Diagnostics;
using Gateway.Pipeline;

namespace Gateway.CrashHost;

/// <summary>
/// Ends this process by SIGKILL at the Nth occurrence of a named point: no handler runs, no buffer is flushed, no finally is entered.
/// Occurrences count from <see cref="Arm"/> on, so that the end comes when the gateway is busy and not while it starts.
/// </summary>
/// <param name="point">A point's name; <c>NAME@PAYLOAD</c> counts only where its payload reads so: <c>stage.done@Inspected</c>.</param>
/// <param name="occurrence">1 is the first.</param>
internal sealed class CrashPoints(string point, int occurrence) : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    /// <summary>Not a point of the gateway's own: <see cref="PipelineTelemetry.DeliveryAnswered"/> of a delivery that failed before.</summary>
    public const string RetryAnswered = "retry.answered";

    private const string Rooms = "Gateway.";

    private readonly string _event = point == RetryAnswered ? PipelineTelemetry.DeliveryAnswered : point.Split('@')[0];
    private readonly string? _payload = point.Split('@').ElementAtOrDefault(1);
    private int _seen;
    private volatile bool _isArmed;

    public void Watch() => DiagnosticListener.AllListeners.Subscribe(this);

    public void Arm() => _isArmed = true;

    void IObserver<DiagnosticListener>.OnNext(DiagnosticListener listener)
    {
        if (listener.Name.StartsWith(Rooms, StringComparison.Ordinal))
        {
            listener.Subscribe(this, name => name == _event);
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnNext(KeyValuePair<string, object?> written)
    {
        if (_isArmed && Matches(written) && Interlocked.Increment(ref _seen) == occurrence)
        {
            using var self = Process.GetCurrentProcess();
            self.Kill();
            Thread.Sleep(Timeout.Infinite); // the signal is on its way; nothing behind the point may run
        }
    }

    void IObserver<DiagnosticListener>.OnCompleted()
    {
    }

    void IObserver<DiagnosticListener>.OnError(Exception error)
    {
    }

    void IObserver<KeyValuePair<string, object?>>.OnCompleted()
    {
    }

    void IObserver<KeyValuePair<string, object?>>.OnError(Exception error)
    {
    }

    /// <summary>A source may write more than a subscriber asked for: who asks "is anybody there" without a name gets all.</summary>
    private bool Matches(KeyValuePair<string, object?> written) =>
        written.Key == _event
        && (point != RetryAnswered || written.Value is AnsweredPoint { Attempt: > 0 })
        && (_payload is null || written.Value?.ToString() == _payload);
}
