using System.Net;
using Gateway.Core;
using Gateway.Smtp.Abuse;

namespace Gateway.Smtp;

/// <summary>Decides whether a connection gets in at all, before anything is allocated for it.</summary>
internal sealed class FrontDoor(SessionServices services)
{
    /// <summary>Whether the peer may stand before this server: where only a proxy may, nobody else takes its place, nor has a word of theirs read.</summary>
    /// <returns>Null, or what it is told in place of a greeting.</returns>
    public Reply? Recognise(IPAddress? peer)
    {
        if (!services.Identity.IsProxied || services.Identity.Trusts(peer))
        {
            return null;
        }

        services.Logger.NoProxyHeader(peer, "untrusted");
        services.Metrics.RefusedHeader("untrusted");
        return Replies.NoClientAddress;
    }

    /// <summary>Whether there is room for one more.</summary>
    /// <param name="peer">Who connected; null: it is gone already.</param>
    /// <param name="connections">That there are, this one counted.</param>
    /// <param name="lease">Its place; null behind a proxy, whose header tells later who it is for.</param>
    /// <returns>Null, or what it is told in place of a greeting.</returns>
    public Reply? Admit(IPAddress? peer, int connections, out ClientLease? lease)
    {
        lease = null;
        var limit = connections > services.Options.MaxConnections ? Limit.Connections : services.Memory.IsTight ? Limit.Memory : (Limit?)null;
        if (limit is not null)
        {
            services.Report.Refused(limit.Value, peer);
            return limit == Limit.Memory ? Replies.Overloaded : Replies.TooManyConnections;
        }

        return services.Identity.IsProxied || services.Ledger.Enter(services.Identity.ClientOf(peer)).TryGet(out lease, out var refusal) ? null : refusal;
    }
}
