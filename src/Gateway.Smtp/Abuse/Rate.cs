namespace Gateway.Smtp.Abuse;

/// <summary>
/// So many of something a minute, as a bucket that fills evenly and holds a minute's worth. Of each bucket one number is kept, the time at which it is full again (the "theoretical arrival
/// time" of the generic cell rate algorithm): no timer, no window with an edge to sit on.
/// </summary>
internal readonly struct Rate
{
    private readonly long _interval; // of one, in the clock's ticks; 0: no limit
    private readonly long _mostAhead;

    /// <param name="perMinute">0: no limit.</param>
    /// <param name="clock">Whose timestamps are given.</param>
    public Rate(int perMinute, TimeProvider clock)
    {
        if (perMinute > 0)
        {
            _interval = Math.Max(1, clock.TimestampFrequency * 60 / perMinute);
            _mostAhead = _interval * (perMinute - 1);
        }
    }

    /// <summary>There is not one left.</summary>
    /// <param name="fullAt">The bucket: any time that is not after now is a full one.</param>
    /// <param name="now">The clock's timestamp.</param>
    public bool IsEmpty(long fullAt, long now) => _interval > 0 && fullAt - now > _mostAhead;

    /// <summary>Takes one. False when there is none: then nothing is taken, so that who keeps asking is not kept out by it.</summary>
    public bool TryTake(ref long fullAt, long now)
    {
        if (IsEmpty(fullAt, now))
        {
            return false;
        }

        fullAt = Math.Max(fullAt, now) + _interval;
        return true;
    }
}
