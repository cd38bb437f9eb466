using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>Who a connection is from, found out before anything is said.</summary>
/// <param name="Client">A fact, or unknown.</param>
/// <param name="IsProbe">A proxy that looks whether we are there. It is greeted, and brings no mail.</param>
/// <param name="Refusal">Not null: there is no session, and this is the last thing to be said.</param>
/// <param name="IsGone">Nobody is left to talk to.</param>
internal readonly record struct Entry(ClientFacts Client, bool IsProbe, Reply? Refusal, bool IsGone);

/// <summary>
/// Takes the PROXY header where one is required: from trusted peers only, whole, within its time, once. What a peer says that is not trusted is not even
/// read, so that no header of its own can become anything; and a proxy without a header gets no session, since a wrong address is worse than none.
/// </summary>
internal sealed class Entrance(SessionServices services, Connection connection, long sessionId)
{
    private static readonly ClientFacts Unknown = ClientIdentity.OfHeader(null);

    public ValueTask<Entry> EnterAsync()
    {
        var identity = services.Identity;
        return !identity.IsProxied ? new(new Entry(identity.OfPeer(connection.Peer), IsProbe: false, null, IsGone: false))
            : identity.Trusts(connection.Peer) ? ReadHeaderAsync()
            : new(Refuse("untrusted"));
    }

    private async ValueTask<Entry> ReadHeaderAsync()
    {
        for (var due = connection.Alarm.In(services.HeaderTimeout); ;)
        {
            switch (ProxyHeader.TryTake(connection.Unread.Span, out var source, out var consumed))
            {
                case ProxyStatus.Complete:
                    connection.Consume(consumed);
                    return new(ClientIdentity.OfHeader(source), IsProbe: source is null, null, IsGone: false);
                case ProxyStatus.Malformed:
                    return Refuse("malformed");
            }

            switch (await connection.FillAsync(due, interruptible: true))
            {
                case Input.TimedOut:
                    return Refuse("timed_out");
                case Input.Draining:
                    return new(Unknown, IsProbe: false, Replies.ShuttingDown, IsGone: false);
                case Input.Closed:
                    return new(Unknown, IsProbe: false, null, IsGone: true);
            }
        }
    }

    private Entry Refuse(string reason)
    {
        services.Metrics.RefusedHeader(reason);
        services.Logger.NoProxyHeader(sessionId, connection.Peer, reason);
        return new(Unknown, IsProbe: false, Replies.NoClientAddress, IsGone: false);
    }
}
