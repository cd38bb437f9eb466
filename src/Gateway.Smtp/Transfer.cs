using System.Collections.Immutable;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>The transfer of a message's content: at once by DATA (RFC 5321 section 4.1.1.4), or in chunks by BDAT (RFC 3030 section 2).</summary>
/// <param name="services">What all sessions share.</param>
/// <param name="connection">Where the octets come from.</param>
/// <param name="desk">Is asked at the end, if admission judges messages.</param>
/// <param name="sessionId">For the log.</param>
/// <param name="allowance">Renewed by an accepted message.</param>
internal sealed class Transfer(SessionServices services, Connection connection, AdmissionDesk desk, long sessionId, Allowance allowance) : IAsyncDisposable
{
    private readonly ContentReader _reader = new(services, connection);
    private Reception? _reception;
    private ChunkDecoder? _chunks;

    private SmtpOptions Options => services.Options;

    /// <summary>There were chunks and none was the last: the message is abandoned unless another follows.</summary>
    public bool IsUnderWay => _reception is not null;

    /// <summary>Reads and takes a whole message.</summary>
    /// <returns>The reply, null when the client went away; and whether 354 was given: the transaction is then over, whatever the reply.</returns>
    public async ValueTask<(Reply? Reply, bool HasBegun)> DataAsync(SessionFacts session, Transaction transaction)
    {
        await using var reception = new Reception(services, connection.Alarm, desk, sessionId, session, transaction);
        if (await reception.OpenAsync() is { } refusal)
        {
            return (refusal, false);
        }

        _reader.Restart();
        connection.KeepRoom(true);
        connection.Write(Replies.StartData);
        services.Metrics.Replied(Verb.Data, Replies.StartData);
        var decoder = new DataDecoder(Options.MaxMessageOctets, Options.MaxDataLineOctets, Options.BareLineEndings);
        var (status, input) = await _reader.ReadAsync(decoder.Decode, reception, allowance.Due);
        connection.KeepRoom(false);
        if (input != Input.More)
        {
            return (ReplyTo(input), true);
        }

        // Nothing behind a bare CR or LF can be trusted to be a command, so that one closes.
        var reply = status == DataStatus.BadLineEnding ? Replies.BadLineEnding : await EndAsync(reception, status, decoder.Content, transaction);
        return (reply, true);
    }

    /// <summary>Takes the next chunk of a message, which may be its first or its last.</summary>
    /// <returns>The reply; null when the client went away.</returns>
    public async ValueTask<Reply?> BdatAsync(SessionFacts session, Transaction transaction, BdatCommand chunk)
    {
        if (_reception is null)
        {
            _reception = new(services, connection.Alarm, desk, sessionId, session, transaction);
            _chunks = new(Options.MaxMessageOctets, Options.MaxDataLineOctets, Options.BareLineEndings, transaction.IsBinary);
            _reader.Restart();
            connection.KeepRoom(true);
            await _reception.OpenAsync(); // when it fails, the chunk is still to be read past
        }

        _chunks!.Begin(chunk);
        var (status, input) = await _reader.ReadAsync(_chunks.Decode, _reception, allowance.Due);
        if (input != Input.More)
        {
            return ReplyTo(input);
        }

        // What is wrong for good is said as soon as it is known; the chunks behind it then find no transaction.
        var verdict = status == DataStatus.ChunkComplete ? _chunks.Content.Verdict : status;
        if (status == DataStatus.ChunkComplete && verdict == DataStatus.Complete && _reception.Failure is null)
        {
            return Replies.ChunkTaken;
        }

        var reply = _reception.Failure ?? await EndAsync(_reception, verdict, _chunks.Content, transaction);
        await AbandonAsync();
        return reply;
    }

    /// <summary>Reads past a chunk that is refused: its octets must not be read as commands (RFC 3030 section 2).</summary>
    /// <returns>The refusal; null when the client went away.</returns>
    public async ValueTask<Reply?> SkipAsync(BdatCommand chunk, Reply refusal)
    {
        var chunks = new ChunkDecoder(maxOctets: 0, Options.MaxDataLineOctets, BareLineEndings.Accept, isBinary: true);
        chunks.Begin(chunk);
        var (_, input) = await _reader.ReadAsync(chunks.Decode, null, allowance.Due);
        return input == Input.More ? refusal : ReplyTo(input);
    }

    public ValueTask DisposeAsync() => AbandonAsync();

    /// <summary>Forgets the chunks of a message that did not come to its end.</summary>
    public async ValueTask AbandonAsync()
    {
        if (_reception is not null)
        {
            connection.KeepRoom(false);
            await _reception.DisposeAsync();
            (_reception, _chunks) = (null, null);
        }
    }

    private async ValueTask<Reply> EndAsync(Reception reception, DataStatus status, ContentScanner content, Transaction transaction)
    {
        if (RefusalOf(status) is { } refusal)
        {
            return refusal;
        }

        var reply = await reception.EndAsync(DefectsOf(content, transaction));
        if (reception.IsAccepted)
        {
            allowance.Renew();
        }

        return reply;
    }

    private static Reply? ReplyTo(Input input) => input switch
    {
        Input.TimedOut => Replies.TimedOut,
        Input.Draining => Replies.ShuttingDown,
        Input.Overloaded => Replies.Overloaded,
        _ => null,
    };

    private static Reply? RefusalOf(DataStatus status) => status switch
    {
        DataStatus.TooLarge => Replies.MessageTooLarge,
        DataStatus.LineTooLong => Replies.DataLineTooLong,
        DataStatus.BadLineEnding => Replies.BareLineEndingInMessage,
        DataStatus.ContainsNul => Replies.NulInMessage,
        _ => null,
    };

    private static ImmutableArray<string> DefectsOf(ContentScanner content, Transaction transaction)
    {
        if (transaction.IsBinary || (!content.HasNul && !content.HasEightBit && !content.HasLongLine && !content.HasBareLineEnding && !content.HasUnendedLine))
        {
            return []; // whatever is in a binary message is right
        }

        var defects = ImmutableArray.CreateBuilder<string>();
        Add(content.HasEightBit && !transaction.DeclaresEightBit, Defect.EightBitUndeclared);
        Add(content.HasNul, Defect.NulOctet);
        Add(content.HasBareLineEnding, Defect.BareLineEnding);
        Add(content.HasLongLine, Defect.LongLine);
        Add(content.HasUnendedLine, Defect.NoFinalLineEnd);
        return defects.ToImmutable();

        void Add(bool isThere, string defect)
        {
            if (isThere)
            {
                defects.Add(defect);
            }
        }
    }
}
