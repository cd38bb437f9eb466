using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>
/// One message on its way into the intake, whichever way its octets come: opened, written as they arrive, ended with the final reply, which is 250
/// only after the commit (invariant 1). The one place where a fault of the intake becomes a 4xx: nothing here throws.
/// </summary>
/// <param name="services">What all sessions share.</param>
/// <param name="alarm">The session's, for deadlines of the intake.</param>
/// <param name="desk">Is asked at the end, if admission judges messages.</param>
/// <param name="sessionId">For the log.</param>
/// <param name="session">Who sends.</param>
/// <param name="transaction">The envelope.</param>
internal sealed class Reception(
    SessionServices services, Alarm alarm, AdmissionDesk desk, long sessionId, SessionFacts session, Transaction transaction) : IAsyncDisposable
{
    private readonly MessageId _id = MessageId.New(services.Clock);
    private readonly HopCounter _hops = new();
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private Activity? _activity;
    private IIntakeMessage? _message;
    private Reply? _failure;
    private long _octets;
    private int _heldOctets;

    /// <summary>The message is durable.</summary>
    public bool IsAccepted { get; private set; }

    /// <summary>Not null: the intake has failed, octets are dropped from here on, and this will be the reply.</summary>
    public Reply? Failure => _failure;

    /// <summary>Opens a place for the message.</summary>
    /// <returns>Null, or why there is none.</returns>
    public async ValueTask<Reply?> OpenAsync()
    {
        // It is the current one in each step only: between them the session goes its own way.
        if (!services.Memory.TryTake(MemoryBudget.MessageOctets))
        {
            return _failure = Replies.Overloaded;
        }

        _heldOctets = MemoryBudget.MessageOctets;
        _activity = Telemetry.Source.StartActivity("smtp.message", System.Diagnostics.ActivityKind.Server);
        try
        {
            _message = await services.Intake.OpenAsync(_id, In(services.Options.DataInitiationTimeout));
            return null;
        }
        catch (Exception e)
        {
            return Fail(e);
        }
        finally
        {
            alarm.Clear();
        }
    }

    /// <summary>Appends to the message.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> octets)
    {
        _octets += octets.Length;
        if (_message is null || _failure is not null)
        {
            return;
        }

        Activity.Current = _activity;
        _hash.AppendData(octets.Span);
        _hops.Read(octets.Span);
        try
        {
            await _message.WriteAsync(octets, In(services.Options.DataBlockTimeout));
        }
        catch (Exception e)
        {
            Fail(e);
        }
        finally
        {
            alarm.Clear();
        }
    }

    /// <summary>The message is whole: takes it or says why not.</summary>
    /// <param name="defects">What was found in the content and tolerated.</param>
    public async ValueTask<Reply> EndAsync(ImmutableArray<string> defects)
    {
        Activity.Current = _activity;
        var reply = _failure;
        if (reply is null)
        {
            try
            {
                reply = _hops.Hops > services.Options.MaxHops ? Replies.TooManyHops : await CommitAsync(defects);
            }
            catch (Exception e)
            {
                reply = Fail(e);
            }
            finally
            {
                alarm.Clear();
            }
        }

        _activity?.SetTag("smtp.code", reply.Code);
        return reply;
    }

    /// <summary>Gives up what was not accepted.</summary>
    public async ValueTask DisposeAsync()
    {
        Activity.Current = _activity;
        try
        {
            if (_message is not null)
            {
                await _message.DisposeAsync();
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }

        _hash.Dispose();
        services.Memory.Release(_heldOctets);
        _heldOctets = 0;
        if (_activity is not null)
        {
            _activity.SetTag("gateway.message.id", _id.ToString());
            _activity.SetTag("gateway.message.size", _octets);
            _activity.SetStatus(IsAccepted ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
            _activity.Dispose();
        }
    }

    private async ValueTask<Reply> CommitAsync(ImmutableArray<string> defects)
    {
        var began = services.Clock.GetTimestamp();
        var received = ToEvent(defects);
        if (services.Admission.JudgesMessages)
        {
            await using var raw = await _message!.SealAsync(In(services.Options.DataTerminationTimeout));
            var ruling = await desk.EndOfDataAsync(received, raw);
            if (ruling.Refusal is { } refused)
            {
                return refused;
            }

            transaction.Add(ruling.Evidence);
            received = received with { Evidence = transaction.ToEvidence(), Defects = WithEvidence(defects) };
        }

        await _message!.CommitAsync(received, In(services.Options.DataTerminationTimeout));
        IsAccepted = true;
        services.Metrics.Accepted(received.Octets, services.Clock.GetElapsedTime(began));
        services.Logger.MessageAccepted(sessionId, _id, received.Octets, received.Envelope.Recipients.Length);
        Telemetry.SendingReply(_id);
        return Replies.Accepted;
    }

    private Reply Fail(Exception e)
    {
        services.Logger.IntakeFailed(e, sessionId, _id);
        return _failure = e is IntakeException { Fault: IntakeFault.Full } ? Replies.StorageFull : Replies.StoreUnavailable;
    }

    private CancellationToken In(TimeSpan timeout) => alarm.Set(alarm.In(timeout));

    private ReceivedEvent ToEvent(ImmutableArray<string> defects)
    {
        var receivedAt = services.Clock.GetUtcNow();
        var envelope = transaction.ToEnvelope();
        return new()
        {
            MessageId = _id,
            ReceivedAt = receivedAt,
            Octets = _octets,
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
            Received = ReceivedField.Format(services.Options.Hostname, _id, session, new(transaction.IsExtended, session.Client.User is not null, envelope.SmtpUtf8), envelope.ForwardPaths, receivedAt),
            Defects = WithEvidence(defects),
            TraceParent = _activity?.Id,
        };
    }

    private ImmutableArray<string> WithEvidence(ImmutableArray<string> defects) => transaction.IsEvidenceCut ? defects.Add(Defect.EvidenceCut) : defects;
}
