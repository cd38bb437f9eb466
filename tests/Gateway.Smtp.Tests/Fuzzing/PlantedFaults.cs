using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Faults that come up for a few inputs only, of the kinds that servers have had.</summary>
internal static class PlantedFaults
{
    /// <summary>One that needs no more than a recipient.</summary>
    public const string Least = "codes that do not fit together";

    public static IReadOnlyDictionary<string, (Plant Plant, Invariant Breaks)> All { get; } = new Dictionary<string, (Plant, Invariant)>(StringComparer.Ordinal)
    {
        ["a crash on a quoted recipient"] = (OfAdmission(admission => new(admission) { OnRcpt = path => path.Split('@').Length > 2 ? throw new InvalidOperationException() : null }), Invariant.Log),
        ["a crash at an edge of the content"] = (OfIntake(intake => new(intake) { OnWrite = octets => octets.Length % 16 == 15 ? throw new InvalidDataException() : octets }), Invariant.Log),
        ["an octet lost at an edge of the content"] = (OfIntake(intake => new(intake) { OnWrite = octets => octets.Length % 16 == 15 ? octets[..^1] : octets }), Invariant.Message),
        ["a message committed twice"] = (OfIntake(intake => new(intake) { CommitsTwice = received => received.Envelope.Recipients.Length > 2 }), Invariant.Message),
        ["a message that stays open"] = (OfIntake(intake => new(intake) { StaysOpen = octets => octets == 0 }), Invariant.Leak),
        ["a name repeated to the client"] = (OfAdmission(admission => new(admission) { OnMail = session => session.Helo != "client.example" ? new(550, new(5, 7, 1), $"{session.Helo} may not") : null }), Invariant.Echo),
        [Least] = (OfAdmission(admission => new(admission) { OnRcpt = path => path.Contains('+', StringComparison.Ordinal) ? new(550, new(4, 1, 1), "Not now") : null }), Invariant.Form),
        ["an answer that never comes"] = (OfAdmission(admission => new(admission) { HangsOn = path => path.Contains('+', StringComparison.Ordinal) }), Invariant.End),
    };

    private static Plant OfAdmission(Func<IAdmission, FaultyAdmission> admission) => new(Admission: admission);

    private static Plant OfIntake(Func<IIntake, FaultyIntake> intake) => new(Intake: intake);

    /// <summary>Where nothing comes, one waits for it.</summary>
    public static TimeSpan PatienceOf(Invariant invariant) => invariant is Invariant.End or Invariant.Leak ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(1);
}

/// <summary>Answers otherwise now and then.</summary>
internal sealed class FaultyAdmission(IAdmission inner) : IAdmission
{
    public Func<SessionFacts, Reply?>? OnMail { get; init; }

    public Func<string, Reply?>? OnRcpt { get; init; }

    public Func<string, bool>? HangsOn { get; init; }

    public bool JudgesMessages => inner.JudgesMessages;

    public ValueTask<Ruling> ConnectAsync(ClientFacts client, CancellationToken cancel) => inner.ConnectAsync(client, cancel);

    public ValueTask<Ruling> MailAsync(SessionFacts session, ReversePath reversePath, CancellationToken cancel) =>
        OnMail?.Invoke(session) is { } refusal ? new(Ruling.Refuse(refusal)) : inner.MailAsync(session, reversePath, cancel);

    public async ValueTask<Ruling> RcptAsync(SessionFacts session, ReversePath reversePath, ForwardPath forwardPath, CancellationToken cancel)
    {
        if (HangsOn?.Invoke(forwardPath.ToString()) == true)
        {
            await Task.Delay(Timeout.Infinite, cancel);
        }

        return OnRcpt?.Invoke(forwardPath.ToString()) is { } refusal ? Ruling.Refuse(refusal) : await inner.RcptAsync(session, reversePath, forwardPath, cancel);
    }

    public ValueTask<Ruling> EndOfDataAsync(ReceivedEvent message, Stream raw, CancellationToken cancel) => inner.EndOfDataAsync(message, raw, cancel);
}

/// <summary>Stores otherwise now and then.</summary>
internal sealed class FaultyIntake(IIntake inner) : IIntake
{
    public Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> OnWrite { get; init; } = octets => octets;

    public Func<ReceivedEvent, bool> CommitsTwice { get; init; } = _ => false;

    public Func<long, bool> StaysOpen { get; init; } = _ => false;

    public async ValueTask<IIntakeMessage> OpenAsync(MessageId id, CancellationToken cancel) => new Message(this, await inner.OpenAsync(id, cancel));

    private sealed class Message(FaultyIntake intake, IIntakeMessage inner) : IIntakeMessage
    {
        private long _octets;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
        {
            _octets += octets.Length;
            return inner.WriteAsync(intake.OnWrite(octets), cancel);
        }

        public ValueTask<Stream> SealAsync(CancellationToken cancel) => inner.SealAsync(cancel);

        public async ValueTask CommitAsync(ReceivedEvent received, CancellationToken cancel)
        {
            await inner.CommitAsync(received, cancel);
            if (intake.CommitsTwice(received))
            {
                await inner.CommitAsync(received, cancel);
            }
        }

        public ValueTask DisposeAsync() => intake.StaysOpen(_octets) ? default : inner.DisposeAsync();
    }
}
