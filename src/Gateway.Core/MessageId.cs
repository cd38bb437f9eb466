using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Core;

/// <summary>
/// Names one accepted message everywhere: blob, events, <c>data.id</c> of the webhook. A UUIDv7 (RFC 9562 section 5.7), so ids sort by
/// time. Not the Message-ID field of the mail, which is the sender's and may repeat.
/// </summary>
[JsonConverter(typeof(MessageIdConverter))]
public readonly record struct MessageId(Guid Value) : IComparable<MessageId>
{
    /// <summary>A new id at the clock's time.</summary>
#pragma warning disable RS0030 // the one place where ids are made
    public static MessageId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));
#pragma warning restore RS0030

    /// <summary>Takes the form of <see cref="ToString"/> in any case and nothing else, so that one id has one text.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out MessageId id)
    {
        // TryParseExact also takes white space around it, and signs and "0x" inside.
        var parsed = Guid.TryParseExact(text, "D", out var value) && value.ToString("D").Equals(text, StringComparison.OrdinalIgnoreCase);
        id = parsed ? new(value) : default;
        return parsed;
    }

    /// <summary>
    /// When the id was made, to the millisecond (its first 48 bits). An id that is no UUIDv7 has a time too, which says nothing; one past
    /// the end of the calendar is told as its end.
    /// </summary>
    public DateTimeOffset Time
    {
        get
        {
            Span<byte> octets = stackalloc byte[16];
            Value.TryWriteBytes(octets, bigEndian: true, out _);
            var milliseconds = BinaryPrimitives.ReadInt64BigEndian(octets) >>> 16;
            return DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(milliseconds, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
        }
    }

    public int CompareTo(MessageId other) => string.CompareOrdinal(ToString(), other.ToString());

    /// <summary>36 characters: lower-case hexadecimal with hyphens.</summary>
    public override string ToString() => Value.ToString("D");

    public static bool operator <(MessageId left, MessageId right) => left.CompareTo(right) < 0;

    public static bool operator <=(MessageId left, MessageId right) => left.CompareTo(right) <= 0;

    public static bool operator >(MessageId left, MessageId right) => left.CompareTo(right) > 0;

    public static bool operator >=(MessageId left, MessageId right) => left.CompareTo(right) >= 0;
}

/// <summary>A <see cref="MessageId"/> is a string in JSON.</summary>
public sealed class MessageIdConverter : JsonConverter<MessageId>
{
    public override MessageId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        MessageId.TryParse(reader.GetString(), out var id) ? id : throw new JsonException("Not a message id");

    public override void Write(Utf8JsonWriter writer, MessageId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}
