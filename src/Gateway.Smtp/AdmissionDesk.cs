using System.Runtime.CompilerServices;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Events;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>Asks admission with a deadline. No answer in time, or a fault, is as <see cref="MissedAdmission"/> says: never a refusal for good, never a hung session.</summary>
internal sealed class AdmissionDesk(SessionServices services, Alarm alarm, long sessionId)
{
    public ValueTask<Ruling> ConnectAsync(ClientFacts client) =>
        AskAsync(Verb.Unknown, client, static (admission, client, cancel) => admission.ConnectAsync(client, cancel));

    public ValueTask<Ruling> MailAsync(SessionFacts session, ReversePath reversePath) =>
        AskAsync(Verb.Mail, (session, reversePath), static (admission, q, cancel) => admission.MailAsync(q.session, q.reversePath, cancel));

    public ValueTask<Ruling> RcptAsync(SessionFacts session, ReversePath reversePath, ForwardPath forwardPath) =>
        AskAsync(
            Verb.Rcpt,
            (session, reversePath, forwardPath),
            static (admission, q, cancel) => admission.RcptAsync(q.session, q.reversePath, q.forwardPath, cancel));

    public ValueTask<Ruling> EndOfDataAsync(ReceivedEvent message, Stream raw) =>
        AskAsync(Verb.Data, (message, raw), static (admission, q, cancel) => admission.EndOfDataAsync(q.message, q.raw, cancel));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Ruling> AskAsync<TQuestion>(
        Verb verb,
        TQuestion question,
        Func<IAdmission, TQuestion, CancellationToken, ValueTask<Ruling>> ask)
    {
        var cancel = alarm.Set(alarm.In(services.Options.AdmissionTimeout));
        try
        {
            var pending = ask(services.Admission, question, cancel);
            return pending.IsCompleted ? await pending : await pending.AsTask().WaitAsync(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            services.Logger.AdmissionTimedOut(sessionId, verb);
            return Missed(verb);
        }
        catch (Exception e)
        {
            services.Logger.AdmissionFailed(e, sessionId, verb);
            return Missed(verb);
        }
        finally
        {
            alarm.Clear();
        }
    }

    private Ruling Missed(Verb verb) => verb switch
    {
        not Verb.Rcpt when services.Options.MissedAdmission == MissedAdmission.GoOn => Ruling.Admit(),
        Verb.Unknown => Ruling.Refuse(Replies.NotReady), // at the connection: a greeting is 220, 421 or 554 (RFC 5321 section 4.3.2)
        _ => Ruling.Refuse(Replies.AdmissionUnavailable),
    };
}
