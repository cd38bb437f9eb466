namespace Gateway.Testing.ServiceBus.Core;

/// <summary>What happens to a queue by the passing of time, and the lock that everything goes through.</summary>
internal sealed partial class MessageQueue : IDisposable
{
    /// <summary>Timers are armed for no longer: their own limit is less than the longest life of a message.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Lock _arming = new();
    private readonly ITimer _timer;
    private readonly Deadlines<Guid> _locks = new();
    private readonly Deadlines<long> _scheduled = new();
    private readonly Deadlines<long> _expiring = new();
    private DateTimeOffset? _nextDue;
    private DateTimeOffset? _armedFor;

    public void Dispose() => _timer.Dispose();

    /// <summary>Makes every lock of the queue expire now.</summary>
    /// <returns>How many there were.</returns>
    public int ExpireLocks()
    {
        using var entered = Enter();
        var tokens = _locked.Keys.ToArray();
        foreach (var token in tokens)
        {
            GiveBack(Unlock(token)!, entered.Now);
        }

        return tokens.Length;
    }

    /// <summary>Lets time pass for all that waits, and for no lock.</summary>
    public void PutForward(TimeSpan by)
    {
        using var entered = Enter();
        _scheduled.PutForward(by);
        _expiring.PutForward(by);
        _duplicates?.PutForward(by);
        foreach (var message in _messages.Values)
        {
            message.EnqueuedAt -= by;
        }

        CatchUp(entered.Now);
    }

    private Scope Enter()
    {
        _lock.Enter();
        var now = _clock.GetUtcNow();
        CatchUp(now);
        return new(this, now);
    }

    private void Leave()
    {
        _nextDue = new[] { _locks.Next, _scheduled.Next, _expiring.Next }.Min();
        var waits = _ready.Count > 0;
        _lock.Exit();

        // Outside the lock: a clock that tests move may call the timer from inside Change.
        Arm();
        if (waits)
        {
            Ready?.Invoke();
        }
    }

    private void Arm()
    {
        lock (_arming)
        {
            DateTimeOffset? due;
            lock (_lock)
            {
                due = _nextDue;
            }

            if (due == _armedFor)
            {
                return;
            }

            _armedFor = due;
            var wait = due is { } time ? time - _clock.GetUtcNow() : Timeout.InfiniteTimeSpan;
            _timer.Change(due is null ? wait : Bounded(wait), Timeout.InfiniteTimeSpan);
        }
    }

    private static TimeSpan Bounded(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestWait ? LongestWait : wait;

    private void OnTimer()
    {
        lock (_arming)
        {
            _armedFor = null;
        }

        // To come in is to catch up, and to leave is to arm again.
        using var entered = Enter();
    }

    private void CatchUp(DateTimeOffset now)
    {
        while (_locks.TryTakeDue(now, out var token))
        {
            GiveBack(Unlock(token)!, now);
        }

        while (_scheduled.TryTakeDue(now, out var number))
        {
            Begin(_messages[number], now);
        }

        while (_expiring.TryTakeDue(now, out var number))
        {
            // A locked message is let finish; it is looked at again when it is given back.
            if (_messages[number] is { LockToken: null } message)
            {
                Expire(message);
            }
        }
    }

    /// <summary>The service appends a message whose time has come as if it had been sent just now, with a number of its own.</summary>
    private void Begin(QueuedMessage message, DateTimeOffset now)
    {
        Remove(message);
        message.SequenceNumber = ++_lastSequenceNumber;
        message.EnqueuedAt = now;
        Put(message);
        Activate(message);
    }

    private DateTimeOffset? ExpiryOf(QueuedMessage message)
    {
        if (_rules.TimeToLive is not { } longest)
        {
            return null;
        }

        var life = message.TimeToLive is { } own && own < longest ? own : longest;
        return life < DateTimeOffset.MaxValue - message.EnqueuedAt ? message.EnqueuedAt + life : null;
    }

    /// <summary>The lock held, and the time at which it was taken; leaving arms the timer and wakes who waits.</summary>
    private readonly ref struct Scope(MessageQueue queue, DateTimeOffset now)
    {
        public DateTimeOffset Now { get; } = now;

        public void Dispose() => queue.Leave();
    }
}
