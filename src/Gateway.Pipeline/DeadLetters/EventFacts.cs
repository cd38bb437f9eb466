using System.Text.Json;
using System.Text.Unicode;
using Gateway.Core;
using Gateway.Core.Events;

namespace Gateway.Pipeline.DeadLetters;

/// <summary>The little of an event that a record needs, read from any JSON: of a newer version, of another type, with fields missing.</summary>
/// <param name="Root">The whole; null when it is not a JSON object.</param>
/// <param name="MessageId">The message that it names; null when none.</param>
/// <param name="DeliveryId">The delivery that it names; null when none.</param>
/// <param name="Run">The run, or 0.</param>
/// <param name="Attempts">Requests made, or 0.</param>
internal sealed record EventFacts(JsonElement? Root, MessageId? MessageId, DeliveryId? DeliveryId, int Run, int Attempts)
{
    private const int MaxDeliveryIdCharacters = 64;

    /// <summary>Our events have under ten levels; a record puts one more around them, and its writer takes 64.</summary>
    private static readonly JsonDocumentOptions Shallow = new() { MaxDepth = 32 };

    public static EventFacts Read(StageQueue queue, ReadOnlyMemory<byte> body)
    {
        try
        {
            // Broken UTF-8 in a string is let pass by the parser, and would be altered by the writer.
            if (!Utf8.IsValid(body.Span))
            {
                return new(null, null, null, 0, 0);
            }

            using var document = JsonDocument.Parse(body, Shallow);
            return Read(queue, document.RootElement.Clone());
        }
        catch (JsonException)
        {
            return new(null, null, null, 0, 0);
        }
    }

    private static EventFacts Read(StageQueue queue, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return new(null, null, null, 0, 0);
        }

        var message = queue == StageQueue.Received ? root : Property(root, "message") ?? root;
        var messageId = Core.MessageId.TryParse(Text(message, "messageId"), out var id) ? id : (MessageId?)null;
        var deliveryId = queue == StageQueue.Deliveries && Text(root, "deliveryId") is { } text && IsPlain(text) ? new DeliveryId(text) : (DeliveryId?)null;
        return new(root, messageId, deliveryId, Number(root, "run"), Number(root, "attempt"));
    }

    /// <summary>It becomes part of a key.</summary>
    private static bool IsPlain(string text) =>
        text.Length is > 0 and <= MaxDeliveryIdCharacters && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    private static JsonElement? Property(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    private static string? Text(JsonElement element, string name)
    {
        try
        {
            return Property(element, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate pair
        }
    }

    private static int Number(JsonElement element, string name) =>
        Property(element, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) && number >= 0 ? number : 0;
}
