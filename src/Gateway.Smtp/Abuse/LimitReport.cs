using System.Net;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp.Abuse;

/// <summary>Tells of limits that refuse something: each time in the metrics and at Debug, at Warning once a minute at most, so that a flood of mail is none of log lines.</summary>
internal sealed class LimitReport(TimeProvider clock, SmtpMetrics metrics, ILogger logger)
{
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long _untold;
    private long _lastTold;
    private bool _hasTold;

    /// <param name="limit">What was reached.</param>
    /// <param name="client">For Debug only; null: unknown, or it is nobody's in particular.</param>
    public void Refused(Limit limit, IPAddress? client)
    {
        metrics.Limited(limit);
        logger.OverLimit(client, limit);
        if (Untold() is var times and > 0)
        {
            logger.LimitsReached(times, limit);
        }
    }

    /// <summary>How often it happened since that was last told; 0 when that was a moment ago.</summary>
    private long Untold()
    {
        lock (_gate)
        {
            _untold++;
            if (_hasTold && clock.GetElapsedTime(_lastTold) < Silence)
            {
                return 0;
            }

            var times = _untold;
            (_lastTold, _hasTold, _untold) = (clock.GetTimestamp(), true, 0);
            return times;
        }
    }
}
