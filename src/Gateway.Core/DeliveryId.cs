using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Core;

/// <summary>
/// Names one delivery: message, envelope recipient, route and endpoint. The same four give the same id, so <c>webhook-id</c> stays the
/// same over retries and replays and a receiver can drop what it has seen.
/// </summary>
[JsonConverter(typeof(DeliveryIdConverter))]
public readonly record struct DeliveryId
{
    private readonly string? _text;

    /// <summary>Takes an id that <see cref="Of"/> made before, from an event or a record.</summary>
    public DeliveryId(string text) => _text = text;

    /// <summary>"dlv_" and the first 128 bits of SHA-256 over the four values, each behind its length, in hexadecimal.</summary>
    public static DeliveryId Of(MessageId message, string recipient, string route, string endpoint)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in (ReadOnlySpan<string>)[message.ToString(), recipient, route, endpoint])
        {
            var octets = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, octets.Length);
            hash.AppendData(length);
            hash.AppendData(octets);
        }

        return new($"dlv_{Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16))}");
    }

    public override string ToString() => _text ?? "";
}

/// <summary>A <see cref="DeliveryId"/> is a string in JSON.</summary>
public sealed class DeliveryIdConverter : JsonConverter<DeliveryId>
{
    public override DeliveryId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? throw new JsonException("Not a delivery id"));

    public override void Write(Utf8JsonWriter writer, DeliveryId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
