using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Pipeline;

/// <summary>Reads the body of a queue message into its event, or says why it cannot be read.</summary>
internal static class StageInput
{
    /// <summary>False for what is not JSON of this event, or of a version newer than this code.</summary>
    /// <param name="body">What came from the queue.</param>
    /// <param name="type">The event's generated JSON type.</param>
    /// <param name="version">Reads an event's version.</param>
    /// <param name="current">The newest version that this code reads.</param>
    /// <param name="item">The event.</param>
    /// <param name="reason">For the dead letter; holds nothing of the body.</param>
    public static bool TryRead<T>(
        ReadOnlyMemory<byte> body,
        JsonTypeInfo<T> type,
        Func<T, int> version,
        int current,
        [NotNullWhen(true)] out T? item,
        [NotNullWhen(false)] out string? reason)
        where T : class
    {
        try
        {
            item = JsonSerializer.Deserialize(body.Span, type);
        }
        catch (JsonException)
        {
            item = null;
        }

        reason = item switch
        {
            null => $"Not a {typeof(T).Name}",
            _ when version(item) > current => $"{typeof(T).Name} of version {version(item)}; this program reads up to {current}",
            _ => null,
        };
        return reason is null;
    }
}
