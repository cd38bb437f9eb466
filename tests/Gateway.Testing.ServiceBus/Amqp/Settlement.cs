using System.Collections.Immutable;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>The application properties that a settlement sets, encoded so that the queue can keep them unread.</summary>
internal static class Settlement
{
    private const string Reason = "DeadLetterReason";
    private const string Description = "DeadLetterErrorDescription";

    /// <param name="properties">Keys are symbols or strings; null: nothing is set.</param>
    public static ImmutableDictionary<string, ReadOnlyMemory<byte>> Changes(AmqpMap? properties)
    {
        var changes = ImmutableDictionary.CreateBuilder<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        if (properties is not null)
        {
            foreach (var (key, value) in properties)
            {
                changes[key.Key?.ToString() ?? ""] = Encode(value);
            }
        }

        return changes.ToImmutable();
    }

    /// <summary>Takes reason and description of a dead letter out of the properties beside which they travel.</summary>
    public static ImmutableDictionary<string, ReadOnlyMemory<byte>> Changes(AmqpMap? properties, out string? reason, out string? description)
    {
        (reason, description) = (null, null);
        foreach (var (key, value) in properties ?? [])
        {
            _ = key.Key?.ToString() switch
            {
                Reason => reason = value as string,
                Description => description = value as string,
                _ => null,
            };
        }

        return Changes(properties).RemoveRange([Reason, Description]);
    }

    private static byte[] Encode(object value)
    {
        var octets = new byte[AmqpCodec.GetObjectEncodeSize(value)];
        AmqpCodec.EncodeObject(value, new ByteBuffer(octets));
        return octets;
    }
}
