using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Microsoft.Extensions.Options;

namespace Gateway.Pipeline.DeadLetters;

/// <summary>Writes dead letters down. Used by Deliver, by the drivers for <see cref="StageResult.DeadLetterReason"/>, and by the watchers of what could not be settled.</summary>
public sealed class DeadLetterBook(IMessageStore messages, IStateStore state, IOptions<KeptOptions> options, TimeProvider clock, PipelineMetrics metrics)
{
    private const int MaxReasonCharacters = 500;

    /// <summary>Base64 of this leaves room for the rest of a record.</summary>
    private const int MaxBodyOctets = 256 * 1024;

    private const int HashCharacters = 32;

    /// <summary>
    /// Keeps the raw message, then writes the record; completes when it is durable. The same item recorded again replaces its record. No
    /// body is too odd: one that is not JSON is kept as it is. Throws only when a store fails.
    /// </summary>
    /// <param name="queue">Where the body came from.</param>
    /// <param name="body">What came from the queue.</param>
    /// <param name="reason">In our own words; cut at 500 characters.</param>
    /// <param name="answer">The endpoint's last answer; null when there is none.</param>
    /// <param name="cancel">Gives up; may be done again.</param>
    /// <returns>The record.</returns>
    public async Task<DeadLetterRecord> RecordAsync(
        StageQueue queue, ReadOnlyMemory<byte> body, string reason, LastAnswer? answer, CancellationToken cancel)
    {
        var item = EventFacts.Read(queue, body);
        var record = new DeadLetterRecord
        {
            Id = Id(queue, body, item),
            Queue = queue,
            Reason = reason.Length <= MaxReasonCharacters ? reason : reason[..MaxReasonCharacters],
            At = clock.GetUtcNow(),
            MessageId = item.MessageId,
            DeliveryId = item.DeliveryId,
            Attempts = item.Attempts + (answer is null ? 0 : 1),
            LastAnswer = answer,
            RawKept = item.MessageId is { } id && await messages.KeepAsync(id, cancel), // raw first (invariant 12)
            Event = item.Root,
            Body = item.Root is null ? Cut(body) : null,
            BodyTruncated = item.Root is null && body.Length > MaxBodyOctets,
        };
        if (Json(record) is not { Length: <= IStateStore.MaxValueOctets } value)
        {
            record = record with { Event = null, Body = Cut(body), BodyTruncated = body.Length > MaxBodyOctets };
            value = JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Relaxed.DeadLetterRecord);
        }

        await state.PutAsync(new(DeadLetterRecord.Collection, record.Id), value, record.At + options.Value.KeptRetention, StateCondition.None, cancel);
        metrics.DeadLettered(queue);
        return record;
    }

    private static string Id(StageQueue queue, ReadOnlyMemory<byte> body, EventFacts item)
    {
        var word = queue switch
        {
            StageQueue.Received => "received",
            StageQueue.Inspected => "inspected",
            _ => "deliveries",
        };
        return (item.MessageId, item.DeliveryId) switch
        {
            (null, _) => $"unread:{word}:{Convert.ToHexStringLower(SHA256.HashData(body.Span))[..HashCharacters]}",
            ({ } message, { } delivery) => $"{message}:{word}:{delivery}:{item.Run}",
            ({ } message, null) => $"{message}:{word}:{item.Run}",
        };
    }

    /// <summary>Null for an event that can be parsed and not written again: half a surrogate pair in a string.</summary>
    private static byte[]? Json(DeadLetterRecord record)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Relaxed.DeadLetterRecord);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or JsonException)
        {
            return null;
        }
    }

    private static byte[] Cut(ReadOnlyMemory<byte> body) => body[..Math.Min(body.Length, MaxBodyOctets)].ToArray();
}
