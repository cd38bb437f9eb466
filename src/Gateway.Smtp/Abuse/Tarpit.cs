using Gateway.Smtp.Transport;

namespace Gateway.Smtp.Abuse;

/// <summary>
/// Makes who errs again and again wait for the reply. A wait costs a place among the connections, so there are few of them: when all are taken nobody else is delayed, and the error
/// budget alone ends them.
/// </summary>
/// <param name="options">When and how long.</param>
/// <param name="maxConnections">Of which a part may be waiting.</param>
/// <param name="metrics">Is told of each wait.</param>
internal sealed class Tarpit(LimitOptions options, int maxConnections, SmtpMetrics metrics)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly int _places = (int)((long)maxConnections * options.MaxTarpittedPercent / 100);
    private int _waiting;

    /// <summary>Connections that are delayed now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>How long the reply to an error is to be held back.</summary>
    /// <param name="errors">5xx replies on the connection, this one counted.</param>
    public TimeSpan DelayOf(int errors)
    {
        var steps = Math.Max(0, errors - options.TarpitAfterErrors);
        var delay = options.TarpitDelay * steps;
        return delay < LongestDelay ? delay : LongestDelay;
    }

    /// <summary>Waits as <see cref="DelayOf"/> says; not at all when there is no place.</summary>
    /// <returns>Why the wait was cut short, and the reply is not to be sent any more; <see cref="Cut.None"/>: it was not.</returns>
    public ValueTask<Cut> WaitAsync(Alarm alarm, int errors)
    {
        var delay = DelayOf(errors);
        return delay == TimeSpan.Zero ? new(Cut.None) : WaitAsync(alarm, delay);
    }

    private async ValueTask<Cut> WaitAsync(Alarm alarm, TimeSpan delay)
    {
        var hasRoom = Interlocked.Increment(ref _waiting) <= _places;
        try
        {
            metrics.Delayed(hasRoom);
            return hasRoom ? await alarm.WaitAsync(delay) : Cut.None;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
