using System.Net;
using Gateway.Core.Admission;

namespace Gateway.Core.Configuration;

/// <summary>Who is kept out by name: a client, a HELO name or a sender that is denied and not allowed (document: <c>policies.access</c>).</summary>
/// <remarks>Only the client's address is a fact; HELO and sender are the client's own words. Denying them stops the honest and the careless, and allowing one lets in whoever says it.</remarks>
/// <param name="allow">What is taken back from <paramref name="deny"/>: one match of any of its lists is enough.</param>
/// <param name="deny">Who is refused; one match of any of its lists is enough.</param>
public sealed class AccessPolicy(AccessList allow, AccessList deny)
{
    /// <summary>Refuses nobody.</summary>
    public static readonly AccessPolicy None = new(AccessList.Empty, AccessList.Empty);

    public AccessList Allow => allow;

    public AccessList Deny => deny;

    /// <summary>Whether mail of this sender by this client is refused (550 5.7.1); role addresses are to be reached all the same, which is for the caller to see to.</summary>
    public bool Refuses(SessionFacts session, ReversePath reversePath) => deny.Matches(session, reversePath) && !allow.Matches(session, reversePath);
}

/// <summary>Clients by what they are and say; an empty list matches nothing.</summary>
/// <param name="Networks">Of the client's address; while it is unknown none matches (invariant 9).</param>
/// <param name="Helo">Patterns of the name in EHLO or HELO; an address literal stands in its brackets.</param>
/// <param name="Senders">Patterns of the reverse-path as it is written, its domain as A-labels; the null reverse-path is <c>&lt;&gt;</c>.</param>
public sealed record AccessList(NetworkList Networks, GlobSet Helo, GlobSet Senders)
{
    public static readonly AccessList Empty = new(NetworkList.Empty, GlobSet.Empty, GlobSet.Empty);

    /// <summary>Whether one of the lists matches; ASCII case does not count.</summary>
    public bool Matches(SessionFacts session, ReversePath reversePath) =>
        HasAddress(session.Client.Ip) || Helo.Matches(session.Helo) || HasSender(reversePath);

    private bool HasAddress(string? ip) => !Networks.IsEmpty && IPAddress.TryParse(ip, out var address) && Networks.Contains(address);

    private bool HasSender(ReversePath reversePath) => !Senders.IsEmpty && Senders.Matches(reversePath.Mailbox?.ToString() ?? "<>");
}
