namespace Gateway.Smtp.Abuse;

/// <summary>
/// Holds a client that sends a message to a least rate. It has a reserve of time, which waiting for it uses up and what it sends fills again, at the least rate, never above what it began
/// with: so an octet now and then ends it soon, nobody saves up time by sending fast at first, and who keeps the rate may pause as long as the whole reserve. What passes
/// between two waits, with our store say, is not the client's and not counted.
/// </summary>
/// <remarks>A struct that changes: to be kept in a field that is not readonly. The deadline alone enforces the rate: without a reserve it has passed when the wait begins.</remarks>
internal struct Pace
{
    private readonly TimeProvider _clock;
    private readonly long _mostReserve; // in the clock's ticks, as all of these
    private readonly long _ticksPerOctet;
    private readonly long _octetsOfReserve;
    private long _reserve;
    private long _began;

    /// <param name="clock">For the waits.</param>
    /// <param name="octetsPerSecond">The least rate; 0: there is none, and each wait may take the whole reserve.</param>
    /// <param name="reserve">The longest wait.</param>
    public Pace(TimeProvider clock, int octetsPerSecond, TimeSpan reserve)
    {
        _clock = clock;
        _reserve = _mostReserve = (long)(reserve.TotalSeconds * clock.TimestampFrequency);
        _ticksPerOctet = octetsPerSecond == 0 ? _mostReserve : Math.Max(1, clock.TimestampFrequency / octetsPerSecond);
        _octetsOfReserve = (_mostReserve / _ticksPerOctet) + 1;
    }

    /// <summary>It took longer than it may.</summary>
    public readonly bool IsTooSlow => _reserve <= 0;

    /// <summary>A wait for the client begins.</summary>
    /// <returns>By when octets have to be there; comparable with <see cref="Transport.Alarm.In"/>.</returns>
    public long BeginWait()
    {
        _began = _clock.GetTimestamp();
        return _began + _reserve;
    }

    /// <summary>The wait is over.</summary>
    /// <param name="octets">That came; 0: none.</param>
    public void EndWait(int octets)
    {
        var left = _reserve - (_clock.GetTimestamp() - _began);
        _reserve = Math.Min(_mostReserve, left + (Math.Min(octets, _octetsOfReserve) * _ticksPerOctet));
    }
}
