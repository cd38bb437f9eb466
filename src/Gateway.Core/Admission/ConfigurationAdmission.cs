using Gateway.Core.Configuration;
using Gateway.Core.Events;

namespace Gateway.Core.Admission;

/// <summary>Lets in what the configuration names: our domains, their recipients, TLS where a domain asks for it; and keeps out whom it denies.</summary>
/// <remarks>Each answer is from the document in force at that moment: a new one counts in sessions that have begun.</remarks>
public sealed class ConfigurationAdmission(LiveConfiguration configuration) : IAdmission
{
    public bool JudgesMessages => false;

    /// <summary>421 while there is no valid configuration: mail must not be refused for good because of our own fault (invariant 11).</summary>
    public ValueTask<Ruling> ConnectAsync(ClientFacts client, CancellationToken cancel) =>
        ValueTask.FromResult(configuration.Current is null ? Ruling.Refuse(Replies.NotReady) : Ruling.Admit());

    public ValueTask<Ruling> MailAsync(SessionFacts session, ReversePath reversePath, CancellationToken cancel) =>
        ValueTask.FromResult(Ruling.Admit());

    /// <summary>
    /// Whom the access policy refuses is told so here, and not before, because role addresses stay open to everybody; and before the
    /// recipient is looked at, so that nothing of our recipients is to be learned.
    /// </summary>
    public ValueTask<Ruling> RcptAsync(SessionFacts session, ReversePath reversePath, ForwardPath forwardPath, CancellationToken cancel)
    {
        if (configuration.Current is not { } current)
        {
            return ValueTask.FromResult(Ruling.Refuse(Replies.NotReady));
        }

        if (!forwardPath.IsRoleAddress && current.Access.Refuses(session, reversePath))
        {
            return ValueTask.FromResult(Ruling.Refuse(Replies.RefusedByPolicy));
        }

        var refusal = current.FindRecipient(forwardPath, session.Tls is not null) switch
        {
            RecipientStatus.NotOurDomain => Replies.NoRelay,
            RecipientStatus.Unknown => Replies.NoSuchRecipient,
            RecipientStatus.NeedsTls => Replies.TlsRequired,
            RecipientStatus.Deferred => Replies.MailboxDeferred,
            _ => null,
        };
        return ValueTask.FromResult(refusal is null ? Ruling.Admit() : Ruling.Refuse(refusal));
    }

    public ValueTask<Ruling> EndOfDataAsync(ReceivedEvent message, Stream raw, CancellationToken cancel) =>
        ValueTask.FromResult(Ruling.Admit());
}
