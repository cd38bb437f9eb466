using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Core.Events;

/// <summary>The three queues between the stages.</summary>
public enum StageQueue
{
    Received,
    Inspected,
    Deliveries,
}

/// <summary>One event on its way into a queue.</summary>
/// <remarks>
/// The ids (DESIGN invariant 3): <c>{MessageId}:received:{send}</c>, <c>{MessageId}:inspected:{run}:{send}</c>,
/// <c>{DeliveryId}:{run}:{send}</c>. A repeated send of the same enqueue is a duplicate and is dropped; a retry, a replay or a second
/// recipient has an id of its own. On Service Bus an event that was put off because a store was down has <c>~{n}</c> behind its id, for
/// the nth time: the id names a place in a queue and nothing else.
/// </remarks>
public sealed record StageMessage
{
    /// <summary>Most octets of one event: Service Bus Standard takes 256 KB with its headers.</summary>
    public const int MaxBodyOctets = 200 * 1024;

    /// <summary>Longest id that Service Bus takes.</summary>
    public const int MaxIdChars = 128;

    private StageMessage(StageQueue queue, string id, MessageId messageId, byte[] body, DateTimeOffset? due, string? traceParent)
    {
        if (body.Length > MaxBodyOctets)
        {
            throw new InvalidOperationException($"An event for queue {queue} has {body.Length} octets, over {MaxBodyOctets}: a list is not capped");
        }

        if (id.Length > MaxIdChars)
        {
            throw new InvalidOperationException($"An id for queue {queue} has {id.Length} characters, over {MaxIdChars}");
        }

        (Queue, Id, MessageId, Body, Due, TraceParent) = (queue, id, messageId, body, due, traceParent);
    }

    public StageQueue Queue { get; }

    /// <summary>At most <see cref="MaxIdChars"/>.</summary>
    public string Id { get; }

    /// <summary>The message that the event is about: what it refers to may not be swept while the event waits.</summary>
    public MessageId MessageId { get; }

    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Not to be handed out before; null: at once.</summary>
    public DateTimeOffset? Due { get; }

    /// <summary>The event's own, for queues that carry a trace context beside the body; null when there is none.</summary>
    public string? TraceParent { get; }

    public static StageMessage Of(ReceivedEvent item, DateTimeOffset? due = null) =>
        new(StageQueue.Received, $"{item.MessageId}:received:{item.Send}", item.MessageId, Json(item, EventJson.Relaxed.ReceivedEvent), due, item.TraceParent);

    public static StageMessage Of(InspectedEvent item, DateTimeOffset? due = null) =>
        new(StageQueue.Inspected, $"{item.Message.MessageId}:inspected:{item.Run}:{item.Send}", item.Message.MessageId, Json(item, EventJson.Relaxed.InspectedEvent), due, item.TraceParent);

    public static StageMessage Of(DeliveryEvent item, DateTimeOffset? due = null) =>
        new(StageQueue.Deliveries, $"{item.DeliveryId}:{item.Run}:{item.Send}", item.Message.MessageId, Json(item, EventJson.Relaxed.DeliveryEvent), due, item.TraceParent);

    private static byte[] Json<T>(T item, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(item, type);
}
