using System.Collections.Immutable;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>The transfer of a message's content, by DATA (RFC 5321 section 4.1.1.4).</summary>
/// <param name="services">What all sessions share.</param>
/// <param name="connection">Where the octets come from.</param>
/// <param name="desk">Is asked at the end, if admission judges messages.</param>
/// <param name="sessionId">For the log.</param>
/// <param name="allowance">Renewed by an accepted message.</param>
internal sealed class Transfer(SessionServices services, Connection connection, AdmissionDesk desk, long sessionId, Allowance allowance)
{
    private readonly ContentReader _reader = new(connection, services.Options);

    /// <summary>354 was given at the last DATA: the transaction is over, whatever the final reply.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Reads and takes the message.</summary>
    /// <returns>Null when the client went away.</returns>
    public async ValueTask<Reply?> DataAsync(SessionFacts session, Transaction transaction)
    {
        HasBegun = false;
        await using var reception = new Reception(services, connection.Alarm, desk, sessionId, session, transaction);
        if (await reception.OpenAsync() is { } refusal)
        {
            return refusal;
        }

        HasBegun = true;
        connection.Write(Replies.StartData);
        services.Metrics.Replied(Verb.Data, Replies.StartData);
        var decoder = new DataDecoder(services.Options.MaxMessageOctets, services.Options.MaxDataLineOctets);
        var (status, input) = await _reader.ReadAsync(decoder, reception, allowance.Due);
        if (input != Input.More)
        {
            return ReplyTo(input);
        }

        var reply = RefusalOf(status) ?? await reception.EndAsync(DefectsOf(decoder, transaction));
        if (reception.IsAccepted)
        {
            allowance.Renew();
        }

        return reply;
    }

    private static Reply? ReplyTo(Input input) => input == Input.TimedOut ? Replies.TimedOut : null;

    private static Reply? RefusalOf(DataStatus status) => status switch
    {
        DataStatus.TooLarge => Replies.MessageTooLarge,
        DataStatus.LineTooLong => Replies.DataLineTooLong,
        DataStatus.BadLineEnding => Replies.BadLineEnding,
        _ => null,
    };

    private static ImmutableArray<string> DefectsOf(DataDecoder content, Transaction transaction)
    {
        if (!content.HasNul && !content.HasEightBit && !content.HasLongLine)
        {
            return [];
        }

        var defects = ImmutableArray.CreateBuilder<string>();
        if (content.HasEightBit && !transaction.DeclaresEightBit)
        {
            defects.Add(Defect.EightBitUndeclared);
        }

        if (content.HasNul)
        {
            defects.Add(Defect.NulOctet);
        }

        if (content.HasLongLine)
        {
            defects.Add(Defect.LongLine);
        }

        return defects.ToImmutable();
    }
}
