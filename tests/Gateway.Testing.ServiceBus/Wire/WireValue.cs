using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Gateway.Testing.ServiceBus.Wire;

/// <summary>Reads single encoded values that a <see cref="WireReader"/> has already measured. Null: the value is of another type.</summary>
internal static class WireValue
{
    public static ulong? AsULong(ReadOnlySpan<byte> value) => value[0] switch
    {
        FormatCodes.ULong0 => 0,
        FormatCodes.SmallULong => value[1],
        FormatCodes.ULong => BinaryPrimitives.ReadUInt64BigEndian(value[1..]),
        _ => null,
    };

    public static uint? AsUInt(ReadOnlySpan<byte> value) => value[0] switch
    {
        FormatCodes.UInt0 => 0,
        FormatCodes.SmallUInt => value[1],
        FormatCodes.UInt => BinaryPrimitives.ReadUInt32BigEndian(value[1..]),
        _ => null,
    };

    /// <summary>A timestamp, held to what a <see cref="DateTimeOffset"/> can hold.</summary>
    public static DateTimeOffset? AsTimestamp(ReadOnlySpan<byte> value)
    {
        if (value[0] != FormatCodes.Timestamp)
        {
            return null;
        }

        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(value[1..]);
        return DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(
            milliseconds,
            DateTimeOffset.MinValue.ToUnixTimeMilliseconds(),
            DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
    }

    /// <summary>A string or a symbol. Octets that are no UTF-8 become replacement characters.</summary>
    public static string? AsText(ReadOnlySpan<byte> value) => value[0] switch
    {
        FormatCodes.String8 or FormatCodes.Symbol8 => Encoding.UTF8.GetString(value[2..]),
        FormatCodes.String32 or FormatCodes.Symbol32 => Encoding.UTF8.GetString(value[5..]),
        _ => null,
    };

    public static ReadOnlyMemory<byte>? AsBinary(ReadOnlyMemory<byte> value) => value.Span[0] switch
    {
        FormatCodes.Binary8 => value[2..],
        FormatCodes.Binary32 => value[5..],
        _ => (ReadOnlyMemory<byte>?)null,
    };

    /// <summary>A message-id in any of its four types (AMQP 1.0 part 3 section 3.2.11 to 14), as a text that tells it from others.</summary>
    public static string? AsMessageId(ReadOnlyMemory<byte> value)
    {
        var span = value.Span;
        return span[0] == FormatCodes.Uuid ? new Guid(span[1..], bigEndian: true).ToString()
            : AsText(span)
            ?? AsULong(span)?.ToString(CultureInfo.InvariantCulture)
            ?? (AsBinary(value) is { } binary ? Convert.ToHexString(binary.Span) : null);
    }
}
