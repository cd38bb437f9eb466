namespace Gateway.Smtp.Transport;

/// <summary>Why a wait ended before what was waited for.</summary>
internal enum Cut
{
    None,
    TimedOut,
    Draining,
    Stopped,
}

/// <summary>
/// One connection's alarm clock: at most one deadline at a time, looked at by the server's sweep, so that a wait costs no timer. It also
/// brings the server's wish to end.
/// </summary>
internal sealed class Alarm(TimeProvider clock) : IDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenSource _source = new();
    private long _due = long.MaxValue;
    private Cut _cut;
    private bool _interruptible;
    private bool _disposed;
    private volatile bool _draining;

    /// <summary>The session is to end at the next safe point.</summary>
    public bool IsDraining => _draining;

    /// <summary>Nothing may wait any more.</summary>
    public bool IsStopped
    {
        get
        {
            lock (_gate)
            {
                return _cut == Cut.Stopped;
            }
        }
    }

    /// <summary>The deadline that lies so far from now; compare and minimise as numbers.</summary>
    public long In(TimeSpan wait) => clock.GetTimestamp() + (long)(wait.TotalSeconds * clock.TimestampFrequency);

    /// <summary>Begins a wait. The token is cancelled at the deadline, by <see cref="Stop"/>, and by <see cref="Drain"/> if that may interrupt.</summary>
    public CancellationToken Set(long due, bool interruptible = false)
    {
        CancellationTokenSource source;
        bool isOver;
        lock (_gate)
        {
            if (_cut is Cut.TimedOut or Cut.Draining)
            {
                // What was cut is over; the next wait, say for a last reply, has a deadline of its own.
                _source = new();
                _cut = Cut.None;
            }

            (_due, _interruptible) = (due, interruptible);
            var cut = interruptible && _draining ? Cut.Draining : clock.GetTimestamp() >= due ? Cut.TimedOut : Cut.None;
            isOver = _cut == Cut.None && cut != Cut.None; // over before it began: the sweep may be a while off
            _cut = isOver ? cut : _cut;
            source = _source;
        }

        if (isOver)
        {
            source.Cancel();
        }

        return source.Token;
    }

    /// <summary>Ends the wait and says whether it was cut.</summary>
    public Cut Clear()
    {
        lock (_gate)
        {
            (_due, _interruptible) = (long.MaxValue, false);
            return _cut;
        }
    }

    /// <summary>Lets so much time pass, or less: the server's wish to end cuts it short.</summary>
    /// <returns><see cref="Cut.None"/> when all of it passed.</returns>
    /// <remarks>No timer and no thread: the sweep ends it, so that it may take longer by the sweep's interval.</remarks>
    public async ValueTask<Cut> WaitAsync(TimeSpan wait)
    {
        var ended = Set(In(wait), interruptible: true);
        await Task.Delay(Timeout.InfiniteTimeSpan, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Clear() is var cut and not Cut.TimedOut ? cut : Cut.None;
    }

    /// <summary>Called by the server now and then with the clock's timestamp.</summary>
    public void Sweep(long now) => CutIf(Cut.TimedOut, now);

    /// <summary>Ends a wait that may be interrupted, now or when it begins.</summary>
    public void Drain()
    {
        _draining = true;
        CutIf(Cut.Draining, now: 0);
    }

    /// <summary>Ends whatever goes on, and every wait to come.</summary>
    public void Stop()
    {
        _draining = true;
        CutIf(Cut.Stopped, now: 0);
        lock (_gate)
        {
            _cut = Cut.Stopped;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            if (_cut == Cut.None)
            {
                _source.Dispose();
            }
        }
    }

    private void CutIf(Cut cut, long now)
    {
        CancellationTokenSource source;
        lock (_gate)
        {
            var applies = cut switch { Cut.TimedOut => now >= _due, Cut.Draining => _interruptible, _ => true };
            if (_disposed || _cut != Cut.None || !applies)
            {
                return;
            }

            _cut = cut;
            source = _source;
        }

        // What hangs on the token is foreign code: not on the sweep's thread, and its exceptions are not ours.
        _ = source.CancelAsync();
    }
}
