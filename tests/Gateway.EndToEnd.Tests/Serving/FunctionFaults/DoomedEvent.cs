using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Pipeline.DeadLetters;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>An event that must end as a record.</summary>
/// <param name="Queue">Where it lay.</param>
/// <param name="Body">What lay there.</param>
/// <param name="MessageId">Null: it names none.</param>
/// <param name="RawKept">There is a raw message, and the record must hold on to it.</param>
/// <param name="IsByHand">It is about no mail that was accepted.</param>
internal sealed record DoomedEvent(StageQueue Queue, byte[] Body, MessageId? MessageId, bool RawKept, bool IsByHand)
{
    /// <summary>About mail that was accepted.</summary>
    public static DoomedEvent OfMail(StageQueue queue, byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        var message = queue == StageQueue.Received ? json.RootElement : json.RootElement.GetProperty("message");
        Assert.True(Core.MessageId.TryParse(message.GetProperty("messageId").GetString(), out var id));
        return new(queue, body, id, RawKept: true, IsByHand: false);
    }

    /// <summary>All of it is there, and nothing else.</summary>
    public bool IsIn(DeadLetterRecord record) =>
        (record.Queue, record.MessageId, record.RawKept, record.BodyTruncated) == (Queue, MessageId, RawKept, false) && IsWholeIn(record);

    private bool IsWholeIn(DeadLetterRecord record)
    {
        if (record.Event is not { } item)
        {
            return record.Body is { } body && body.AsSpan().SequenceEqual(Body);
        }

        try
        {
            using var json = JsonDocument.Parse(Body);
            return record.Body is null && JsonElement.DeepEquals(item, json.RootElement);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
