using System.Net;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Smtp.Abuse;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>Who a connection is from, found out before anything is said.</summary>
/// <param name="Client">A fact, or unknown.</param>
/// <param name="Lease">The client's place; null when there is no session.</param>
/// <param name="IsProbe">A proxy that looks whether we are there. It is greeted, and brings no mail.</param>
/// <param name="Refusal">Not null: there is no session, and this is the last thing to be said.</param>
/// <param name="IsGone">Nobody is left to talk to.</param>
internal readonly record struct Entry(ClientFacts Client, ClientLease? Lease = null, bool IsProbe = false, Reply? Refusal = null, bool IsGone = false);

/// <summary>
/// Takes the PROXY header where one is required: whole, within its time, once. Only trusted peers come here (<see cref="SmtpServer"/> turns others away
/// unread); and a proxy without a header gets no session, since a wrong address is worse than none.
/// </summary>
/// <param name="services">What all sessions share.</param>
/// <param name="connection">Where the header comes from.</param>
/// <param name="lease">Of the peer; null where a header tells who it is.</param>
internal sealed class Entrance(SessionServices services, Connection connection, ClientLease? lease)
{
    /// <param name="sessionDue">When the session has taken too long as a whole.</param>
    public ValueTask<Entry> EnterAsync(long sessionDue) => services.Identity.IsProxied
        ? ReadHeaderAsync(Math.Min(sessionDue, connection.Alarm.In(services.HeaderTimeout)))
        : new(new Entry(services.Identity.OfPeer(connection.Peer), lease));

    private async ValueTask<Entry> ReadHeaderAsync(long due)
    {
        while (true)
        {
            switch (ProxyHeader.TryTake(connection.Unread.Span, out var source, out var consumed))
            {
                case ProxyStatus.Complete:
                    connection.Consume(consumed);
                    return Enter(services.Identity.OfHeader(source), isProbe: source is null);
                case ProxyStatus.Malformed:
                    return Refuse("malformed");
            }

            switch (await connection.FillAsync(due, interruptible: true))
            {
                case Input.TimedOut:
                    return Refuse("timed_out");
                case Input.Draining:
                    return new(ClientIdentity.Unknown, Refusal: Replies.ShuttingDown);
                case Input.Overloaded:
                    return new(ClientIdentity.Unknown, Refusal: Replies.Overloaded);
                case Input.Closed:
                    if (!connection.Unread.IsEmpty) // nothing at all is how a probe without a header looks
                    {
                        services.Metrics.RefusedHeader("cut_off");
                    }

                    return new(ClientIdentity.Unknown, IsGone: true);
            }
        }
    }

    private Entry Enter(ClientFacts client, bool isProbe) =>
        services.Ledger.Enter(client.Ip is { } ip ? IPAddress.Parse(ip) : null).TryGet(out var place, out var refusal)
            ? new(client, place, isProbe)
            : new(client, Refusal: refusal);

    private Entry Refuse(string reason)
    {
        services.Metrics.RefusedHeader(reason);
        services.Logger.NoProxyHeader(connection.Peer, reason);
        return new(ClientIdentity.Unknown, Refusal: Replies.NoClientAddress);
    }
}
