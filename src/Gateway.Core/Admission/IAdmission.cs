using System.Collections.Immutable;
using Gateway.Core.Events;

namespace Gateway.Core.Admission;

/// <summary>
/// Who and what is let in. The session asks at four points and goes on or sends the refusal; whoever answers may have looked at the
/// configuration, DNS or the message. It turns an arrow round: the SMTP room knows none of these.
/// </summary>
public interface IAdmission
{
    /// <summary>Before the greeting.</summary>
    ValueTask<Ruling> ConnectAsync(ClientFacts client, CancellationToken cancel);

    /// <summary>At MAIL, its syntax and size already found good.</summary>
    ValueTask<Ruling> MailAsync(SessionFacts session, ReversePath reversePath, CancellationToken cancel);

    /// <summary>At each RCPT.</summary>
    ValueTask<Ruling> RcptAsync(SessionFacts session, ReversePath reversePath, ForwardPath forwardPath, CancellationToken cancel);

    /// <summary>True when <see cref="EndOfDataAsync"/> has a say now: the octets are then sealed and read back before they are committed.</summary>
    bool JudgesMessages { get; }

    /// <summary>After the end of the message, before 250.</summary>
    /// <param name="message">The event that will be queued if the message is taken.</param>
    /// <param name="raw">The sealed message; seekable, closed by the caller.</param>
    /// <param name="cancel">The deadline.</param>
    ValueTask<Ruling> EndOfDataAsync(ReceivedEvent message, Stream raw, CancellationToken cancel);
}

/// <summary>What a session knows when it asks.</summary>
/// <param name="Client">Who connected.</param>
/// <param name="Helo">What it called itself.</param>
/// <param name="Tls">Null in plain text.</param>
/// <param name="User">Who it is by AUTH; null: it did not say.</param>
public sealed record SessionFacts(ClientFacts Client, string Helo, TlsFacts? Tls, string? User = null);

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
