using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>
/// One message from DATA to its final reply: the octets go to the intake as they arrive, and 250 is said only after the commit
/// (invariant 1). The one place where a fault of the intake becomes a 4xx.
/// </summary>
/// <param name="services">What all sessions share.</param>
/// <param name="connection">Where the octets come from.</param>
/// <param name="desk">Is asked at the end, if admission judges messages.</param>
/// <param name="sessionId">For the log.</param>
/// <param name="session">Who sends.</param>
/// <param name="isExtended">The client said EHLO.</param>
/// <param name="transaction">The envelope.</param>
/// <param name="due">When the whole message must have been read, by <see cref="Alarm.In"/>.</param>
internal sealed class Reception(
    SessionServices services,
    Connection connection,
    AdmissionDesk desk,
    long sessionId,
    SessionFacts session,
    bool isExtended,
    Transaction transaction,
    long due) : IDisposable
{
    private readonly MessageId _id = MessageId.New(services.Clock);
    private readonly DataDecoder _decoder = new(services.Options.MaxMessageOctets, services.Options.MaxDataLineOctets);
    private readonly HopCounter _hops = new();
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _hasEnded;
    private bool _isCommitted;
    private bool _isClientGone;

    /// <summary>354 was given: the transaction is over, whatever the final reply.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>The message is durable.</summary>
    public bool IsAccepted => _isCommitted;

    /// <summary>Reads and takes the message. Null when the client went away.</summary>
    public async ValueTask<Reply?> RunAsync()
    {
        using var activity = Telemetry.Source.StartActivity("smtp.message", System.Diagnostics.ActivityKind.Server);
        var reply = await TakeOrFailAsync(activity?.Id);
        if (activity is not null)
        {
            activity.SetTag("gateway.message.id", _id.ToString());
            activity.SetTag("gateway.message.size", _decoder.Octets);
            activity.SetTag("smtp.code", reply?.Code);
            activity.SetStatus(_isCommitted ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        }

        return reply;
    }

    public void Dispose() => _hash.Dispose();

    private async ValueTask<Reply?> TakeOrFailAsync(string? traceParent)
    {
        Reply? reply;
        try
        {
            reply = await TakeAsync(traceParent);
        }
        catch (Exception e)
        {
            services.Logger.IntakeFailed(e, sessionId, _id);
            reply = e is IntakeException { Fault: IntakeFault.Full } ? Replies.StorageFull : Replies.StoreUnavailable;
            if (HasBegun && !_hasEnded)
            {
                reply = await ReadAsync(null) ?? reply; // the rest of the message must not be read as commands
            }
        }

        return _isCommitted ? Replies.Accepted : _isClientGone ? null : reply;
    }

    private async ValueTask<Reply?> TakeAsync(string? traceParent)
    {
        await using var message = await services.Intake.OpenAsync(_id, In(services.Options.DataInitiationTimeout));
        HasBegun = true;
        connection.Write(Replies.StartData);
        services.Metrics.Replied(Verb.Data, Replies.StartData);
        var refusal = await ReadAsync(message);
        if (refusal is not null || _isClientGone)
        {
            return refusal;
        }

        if (_hops.Hops > services.Options.MaxHops)
        {
            return Replies.TooManyHops;
        }

        var began = services.Clock.GetTimestamp();
        var received = ToEvent(traceParent);
        if (services.Admission.JudgesMessages)
        {
            await using var raw = await message.SealAsync(In(services.Options.DataTerminationTimeout));
            var ruling = await desk.EndOfDataAsync(received, raw);
            if (ruling.Refusal is { } refused)
            {
                return refused;
            }

            transaction.Add(ruling.Evidence);
            received = received with { Evidence = transaction.ToEvidence(), Defects = Defects() };
        }

        await message.CommitAsync(received, In(services.Options.DataTerminationTimeout));
        _isCommitted = true;
        connection.Alarm.Clear();
        services.Metrics.Accepted(received.Octets, services.Clock.GetElapsedTime(began));
        services.Logger.MessageAccepted(sessionId, _id, received.Octets, received.Envelope.Recipients.Length);
        Telemetry.SendingReply(_id);
        return Replies.Accepted;
    }

    /// <summary>Reads to the end of the message and gives the octets on; to nobody when <paramref name="message"/> is null.</summary>
    /// <returns>Null when the message is whole and within its limits, or when the client is gone.</returns>
    private async ValueTask<Reply?> ReadAsync(IIntakeMessage? message)
    {
        while (true)
        {
            var status = _decoder.Decode(connection.Unread.Span, out var consumed, out var written);
            var octets = connection.Unread[..written];
            connection.Consume(consumed);
            _hasEnded = status != DataStatus.NeedMore;
            if (message is not null && written > 0 && status != DataStatus.BadLineEnding)
            {
                _hash.AppendData(octets.Span);
                _hops.Read(octets.Span);
                await message.WriteAsync(octets, In(services.Options.DataBlockTimeout));
            }

            if (_hasEnded)
            {
                connection.Alarm.Clear();
                return RefusalOf(status);
            }

            var until = Math.Min(due, connection.Alarm.In(services.Options.DataBlockTimeout));
            var input = await connection.FillAsync(until, interruptible: false);
            if (input != Input.More)
            {
                _hasEnded = true;
                _isClientGone = input == Input.Closed;
                return _isClientGone ? null : Replies.TimedOut;
            }
        }
    }

    private static Reply? RefusalOf(DataStatus status) => status switch
    {
        DataStatus.TooLarge => Replies.MessageTooLarge,
        DataStatus.LineTooLong => Replies.DataLineTooLong,
        DataStatus.BadLineEnding => Replies.BadLineEnding,
        _ => null,
    };

    private CancellationToken In(TimeSpan timeout) => connection.Alarm.Set(connection.Alarm.In(timeout));

    private ReceivedEvent ToEvent(string? traceParent)
    {
        var receivedAt = services.Clock.GetUtcNow();
        var envelope = transaction.ToEnvelope();
        return new()
        {
            MessageId = _id,
            ReceivedAt = receivedAt,
            Octets = _decoder.Octets,
            Sha256 = Convert.ToHexStringLower(_hash.GetHashAndReset()),
            Envelope = new()
            {
                From = envelope.ReversePath.ToString(),
                Recipients = [.. envelope.ForwardPaths.Select(path => path.ToString())],
                Helo = session.Helo,
                SmtpUtf8 = envelope.SmtpUtf8,
                Body = envelope.Body,
            },
            Client = session.Client,
            Tls = session.Tls,
            Evidence = transaction.ToEvidence(),
            Received = ReceivedField.Format(services.Options.Hostname, _id, session, new(isExtended, IsAuthenticated: false, envelope.SmtpUtf8), envelope.ForwardPaths, receivedAt),
            Defects = Defects(),
            TraceParent = traceParent,
        };
    }

    private ImmutableArray<string> Defects()
    {
        if (!_decoder.HasNul && !_decoder.HasEightBit && !_decoder.HasLongLine && !transaction.IsEvidenceCut)
        {
            return [];
        }

        var defects = ImmutableArray.CreateBuilder<string>();
        if (_decoder.HasEightBit && !transaction.DeclaresEightBit)
        {
            defects.Add("eight_bit_undeclared");
        }

        if (_decoder.HasNul)
        {
            defects.Add("nul_octet");
        }

        if (_decoder.HasLongLine)
        {
            defects.Add("long_line");
        }

        if (transaction.IsEvidenceCut)
        {
            defects.Add("evidence_cut");
        }

        return defects.ToImmutable();
    }
}
