using System.Threading.Channels;

namespace Gateway.Local.Storage;

/// <summary>Wakes the one pump of a queue. A signal raised while nobody waits is kept; several are one.</summary>
internal sealed class QueueSignal
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly Channel<bool> _raised = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Raise() => _raised.Writer.TryWrite(true);

    /// <summary>Returns when it is raised, or at <paramref name="latest"/> and within a minute in any case: a row may come without a signal.</summary>
    public async Task WaitAsync(DateTimeOffset? latest, TimeProvider clock, CancellationToken cancel)
    {
        var wait = latest is { } at ? at - clock.GetUtcNow() : LongestWait;
        if (wait <= TimeSpan.Zero)
        {
            return;
        }

        // Timers stand still while a machine sleeps and do not follow a clock that is set: looking each minute costs nothing.
        using var timer = new CancellationTokenSource(wait < LongestWait ? wait : LongestWait, clock);
        if (latest <= clock.GetUtcNow())
        {
            return; // the clock went on, or was set, before the timer began to count
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timer.Token);
        try
        {
            await _raised.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The time has come.
        }
    }
}
