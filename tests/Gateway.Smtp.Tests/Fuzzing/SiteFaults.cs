using System.Security.Cryptography;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Also judges messages: reads them back, and refuses a few by their hash.</summary>
internal sealed class JudgingAdmission(IAdmission inner) : IAdmission
{
    public bool JudgesMessages => true;

    public ValueTask<Ruling> ConnectAsync(ClientFacts client, CancellationToken cancel) => inner.ConnectAsync(client, cancel);

    public ValueTask<Ruling> MailAsync(SessionFacts session, ReversePath reversePath, CancellationToken cancel) => inner.MailAsync(session, reversePath, cancel);

    public ValueTask<Ruling> RcptAsync(SessionFacts session, ReversePath reversePath, ForwardPath forwardPath, CancellationToken cancel) =>
        inner.RcptAsync(session, reversePath, forwardPath, cancel);

    public async ValueTask<Ruling> EndOfDataAsync(ReceivedEvent message, Stream raw, CancellationToken cancel)
    {
        var hash = await SHA256.HashDataAsync(raw, cancel);
        return hash[0] % 5 == 0 ? Ruling.Refuse(Replies.RefusedByPolicy) : Ruling.Admit();
    }
}

/// <summary>Fails now and then, as a store does: at the beginning, in the middle and at the end.</summary>
internal sealed class FailingIntake(IIntake inner) : IIntake
{
    private const int Every = 11;

    private int _calls;
    private int _failures;

    public int Failures => _failures;

    public async ValueTask<IIntakeMessage> OpenAsync(MessageId id, CancellationToken cancel)
    {
        FailNowAndThen();
        return new Message(this, await inner.OpenAsync(id, cancel));
    }

    private void FailNowAndThen()
    {
        var call = Interlocked.Increment(ref _calls);
        if (call % Every == 0)
        {
            Interlocked.Increment(ref _failures);
            throw new IntakeException(call % (2 * Every) == 0 ? IntakeFault.Full : IntakeFault.Unavailable, "Cannot", new ProvokedException());
        }
    }

    private sealed class Message(FailingIntake intake, IIntakeMessage inner) : IIntakeMessage
    {
        public ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
        {
            intake.FailNowAndThen();
            return inner.WriteAsync(octets, cancel);
        }

        public ValueTask<Stream> SealAsync(CancellationToken cancel) => inner.SealAsync(cancel);

        public ValueTask CommitAsync(ReceivedEvent received, CancellationToken cancel)
        {
            intake.FailNowAndThen();
            return inner.CommitAsync(received, cancel);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
