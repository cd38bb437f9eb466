using Gateway.Core;
using Gateway.Smtp.Transport;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp.Abuse;

/// <summary>What came of the wait before the greeting.</summary>
/// <param name="Refusal">Not null: this is said in place of the greeting.</param>
/// <param name="IsGone">Nobody is left to greet.</param>
internal readonly record struct GreetWait(Reply? Refusal, bool IsGone);

/// <summary>
/// Holds the greeting back for a while. Who sends before it (RFC 5321 section 4.3.1 has the client wait) is a program that only writes and does not read, or talks another protocol, and is sent
/// away. On plain text listeners only: where TLS comes first, the client has to talk first.
/// </summary>
/// <param name="delay">0: nobody waits, and what was sent early is not looked at.</param>
/// <param name="metrics">Is told who talked.</param>
/// <param name="logger">Likewise.</param>
internal sealed class GreetDelay(TimeSpan delay, SmtpMetrics metrics, ILogger logger)
{
    /// <param name="connection">Behind the PROXY header, if there is one: what follows that at once is early, too.</param>
    /// <param name="lease">The client's; an exempt one does not wait.</param>
    public async ValueTask<GreetWait> WaitAsync(Connection connection, ClientLease lease)
    {
        if (delay == TimeSpan.Zero || lease.IsExempt)
        {
            return default;
        }

        switch (await connection.ListenAsync(connection.Alarm.In(delay)))
        {
            case Input.More:
                metrics.CutEarlyTalker();
                logger.TalkedEarly(lease.Address);
                return new(Replies.EarlyTalker, IsGone: false);
            case Input.TimedOut:
                return default;
            case Input.Draining:
                return new(Replies.ShuttingDown, IsGone: false);
            default:
                return new(null, IsGone: true);
        }
    }
}
