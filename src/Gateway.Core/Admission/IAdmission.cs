using System.Collections.Immutable;
using Gateway.Core.Events;

namespace Gateway.Core.Admission;

/// <summary>
/// Who and what is let in. The session asks at four points and goes on or sends the refusal; whoever answers may have looked at the
/// configuration, DNS or the message. It turns an arrow round: the SMTP room knows none of these.
/// </summary>
/// <remarks>
/// Each question has a deadline, which <c>cancel</c> tells. An answer that comes later is not waited for; it is missed, as is one that ends in
/// an exception. What the session does then, go on or answer 451, is an option of its own; at RCPT it is always 451, because going on
/// would take mail for anybody. Who can answer without waiting returns a task that is complete, and nobody waits.
/// <para>
/// Role addresses (<see cref="ForwardPath.IsRoleAddress"/>) are open to everybody. A refusal at connect or at MAIL shuts them too, so what is
/// held against a client or a sender is said at RCPT, to every other recipient; earlier only what holds for all mail, such as that there is
/// no configuration. At the end of data one answer is for all recipients: a message for a role address is not refused for what it holds,
/// for reports of abuse quote it.
/// </para>
/// <para>
/// 4xx says that the same could go well later, 5xx that it never will. A temporary failure of our own, or of DNS, is no ground for 5xx.
/// </para>
/// </remarks>
public interface IAdmission
{
    /// <summary>Before the greeting; a refusal takes its place, and the client is answered nothing but QUIT (RFC 5321 section 3.1) unless it closes.</summary>
    /// <param name="client">Who connects; its address may be unknown, which is held against nobody.</param>
    /// <param name="cancel">The deadline.</param>
    ValueTask<Ruling> ConnectAsync(ClientFacts client, CancellationToken cancel);

    /// <summary>At MAIL, its syntax and size already found good; a refusal refuses the transaction and not the session.</summary>
    /// <param name="session">Who speaks.</param>
    /// <param name="reversePath">The sender; the null reverse-path is no lack of one (RFC 5321 section 4.5.5).</param>
    /// <param name="cancel">The deadline.</param>
    ValueTask<Ruling> MailAsync(SessionFacts session, ReversePath reversePath, CancellationToken cancel);

    /// <summary>At each RCPT, its syntax found good and the recipient not yet among those of the transaction; a refusal is for this recipient only.</summary>
    /// <param name="session">Who speaks.</param>
    /// <param name="reversePath">The sender.</param>
    /// <param name="forwardPath">The recipient; without a domain it is the bare postmaster.</param>
    /// <param name="cancel">The deadline.</param>
    ValueTask<Ruling> RcptAsync(SessionFacts session, ReversePath reversePath, ForwardPath forwardPath, CancellationToken cancel);

    /// <summary>True when <see cref="EndOfDataAsync"/> has a say now: the octets are then sealed and read back before they are committed.</summary>
    bool JudgesMessages { get; }

    /// <summary>After the end of the message, before 250; a refusal is for all recipients, and the octets are abandoned.</summary>
    /// <param name="message">The event that will be queued if the message is taken.</param>
    /// <param name="raw">The sealed message; seekable, closed by the caller.</param>
    /// <param name="cancel">The deadline.</param>
    ValueTask<Ruling> EndOfDataAsync(ReceivedEvent message, Stream raw, CancellationToken cancel);
}

/// <summary>What a session knows when it asks.</summary>
/// <param name="Client">Who connected.</param>
/// <param name="Helo">What it called itself.</param>
/// <param name="Tls">Null in plain text.</param>
public sealed record SessionFacts(ClientFacts Client, string Helo, TlsFacts? Tls);

/// <summary>The answer: go on, or refuse with this reply; and what was found out on the way, for the event.</summary>
public readonly record struct Ruling
{
    private readonly ImmutableArray<MethodResult> _evidence;

    private Ruling(Reply? refusal, ImmutableArray<MethodResult> evidence) => (Refusal, _evidence) = (refusal, evidence);

    /// <summary>Null: let in.</summary>
    public Reply? Refusal { get; }

    public ImmutableArray<MethodResult> Evidence => _evidence.IsDefault ? [] : _evidence;

    public static Ruling Admit(params ImmutableArray<MethodResult> evidence) => new(null, evidence);

    public static Ruling Refuse(Reply reply) => new(reply, []);
}
