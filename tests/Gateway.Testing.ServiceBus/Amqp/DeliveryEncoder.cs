using Gateway.Testing.ServiceBus.Core;
using Gateway.Testing.ServiceBus.Wire;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>Puts a stored message into the octets of a delivery: the sender's sections, with the broker's header and annotations.</summary>
internal static class DeliveryEncoder
{
    private const string DeadLetterReason = "DeadLetterReason";
    private const string DeadLetterErrorDescription = "DeadLetterErrorDescription";

    /// <summary>Annotations that only the broker sets: what a sender wrote there is dropped.</summary>
    private static readonly HashSet<string> Own = new(StringComparer.Ordinal)
    {
        "x-opt-sequence-number",
        "x-opt-enqueue-sequence-number",
        "x-opt-enqueued-time",
        "x-opt-locked-until",
        "x-opt-message-state",
        "x-opt-deadletter-source",
    };

    /// <summary>The client shows the count of a peeked message as it is, and that of a delivery plus one.</summary>
    public static byte[] Encode(MessageView message, bool peeked)
    {
        // It was split when it came in, so it can be split now.
        var sections = MessageSections.Split(message.Octets);
        var writer = new WireWriter();
        WriteHeader(writer, sections.Header, (uint)(peeked ? message.DeliveryCount : message.DeliveryCount - 1));
        WriteAnnotations(writer, sections.Annotations, message);
        writer.Raw(sections.Properties);
        WriteApplicationProperties(writer, sections.ApplicationProperties, message);
        writer.Raw(sections.Body);
        return writer.Written.ToArray();
    }

    private static void WriteHeader(WireWriter writer, HeaderSection header, uint deliveryCount)
    {
        var fields = new WireWriter();
        WriteOrNull(fields, header.Durable);
        WriteOrNull(fields, header.Priority);
        _ = header.TimeToLiveMilliseconds is { } life ? fields.UInt(life) : fields.Null();
        fields.Null().UInt(deliveryCount);
        writer.Section(SectionCodes.Header).Compound(map: false, 5, fields.Written);
    }

    private static void WriteAnnotations(WireWriter writer, IEnumerable<MapEntry> sent, MessageView message)
    {
        var map = new WireWriter();
        var count = 6;
        map.Symbol("x-opt-sequence-number").Long(message.SequenceNumber)
            .Symbol("x-opt-enqueue-sequence-number").Long(message.EnqueuedSequenceNumber)
            .Symbol("x-opt-enqueued-time").Timestamp(message.EnqueuedAt);
        if (message.LockToken != Guid.Empty)
        {
            map.Symbol("x-opt-locked-until").Timestamp(message.LockedUntil);
            count += 2;
        }

        if (message.State != MessageState.Active)
        {
            map.Symbol("x-opt-message-state").Int((int)message.State);
            count += 2;
        }

        if (message.DeadLetter is { } note)
        {
            map.Symbol("x-opt-deadletter-source").String(note.Source);
            count += 2;
        }

        foreach (var entry in sent.Where(entry => !Own.Contains(entry.Key)))
        {
            map.Symbol(entry.Key).Raw(entry.Value);
            count += 2;
        }

        writer.Section(SectionCodes.MessageAnnotations).Compound(map: true, count, map.Written);
    }

    private static void WriteApplicationProperties(WireWriter writer, IReadOnlyList<MapEntry> sent, MessageView message)
    {
        var changes = message.Changes.ToBuilder();
        if (message.DeadLetter?.Reason is { } reason)
        {
            changes[DeadLetterReason] = WireWriter.Text(reason);
        }

        if (message.DeadLetter?.Description is { } description)
        {
            changes[DeadLetterErrorDescription] = WireWriter.Text(description);
        }

        var entries = sent.Where(entry => !changes.ContainsKey(entry.Key))
            .Concat(changes.Select(change => new MapEntry(change.Key, change.Value)))
            .ToList();
        if (entries.Count == 0)
        {
            return;
        }

        var map = new WireWriter();
        entries.ForEach(entry => map.String(entry.Key).Raw(entry.Value));
        writer.Section(SectionCodes.ApplicationProperties).Compound(map: true, 2 * entries.Count, map.Written);
    }

    private static void WriteOrNull(WireWriter writer, ReadOnlyMemory<byte> value) => _ = value.IsEmpty ? writer.Null() : writer.Raw(value);
}
