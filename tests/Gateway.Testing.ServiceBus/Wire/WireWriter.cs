using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Gateway.Testing.ServiceBus.Wire;

/// <summary>Writes the few AMQP types that the broker adds to a message. Always the wide encodings where a size matters little.</summary>
internal sealed class WireWriter
{
    private readonly ArrayBufferWriter<byte> _output = new(512);

    public ReadOnlyMemory<byte> Written => _output.WrittenMemory;

    /// <summary>One value alone, encoded.</summary>
    public static ReadOnlyMemory<byte> Text(string value)
    {
        var writer = new WireWriter();
        writer.String(value);
        return writer.Written;
    }

    public WireWriter Raw(ReadOnlyMemory<byte> encoded)
    {
        _output.Write(encoded.Span);
        return this;
    }

    public WireWriter Section(ulong code) => Raw(new byte[] { FormatCodes.Described, FormatCodes.SmallULong, (byte)code });

    public WireWriter Null() => Raw(new[] { FormatCodes.Null });

    public WireWriter UInt(uint value) => Fixed(FormatCodes.UInt, 4, span => BinaryPrimitives.WriteUInt32BigEndian(span, value));

    public WireWriter Int(int value) => Fixed(FormatCodes.Int, 4, span => BinaryPrimitives.WriteInt32BigEndian(span, value));

    public WireWriter Long(long value) => Fixed(FormatCodes.Long, 8, span => BinaryPrimitives.WriteInt64BigEndian(span, value));

    public WireWriter Timestamp(DateTimeOffset value) =>
        Fixed(FormatCodes.Timestamp, 8, span => BinaryPrimitives.WriteInt64BigEndian(span, value.ToUnixTimeMilliseconds()));

    public WireWriter String(string value) => Variable(FormatCodes.String32, Encoding.UTF8.GetBytes(value));

    public WireWriter Symbol(string value) => Variable(FormatCodes.Symbol32, Encoding.UTF8.GetBytes(value));

    public WireWriter Binary(ReadOnlySpan<byte> value) => Variable(FormatCodes.Binary32, value);

    /// <summary>A list or a map of <paramref name="count"/> values (a map: keys and values) that are encoded already.</summary>
    public WireWriter Compound(bool map, int count, ReadOnlyMemory<byte> values)
    {
        var head = new byte[9];
        head[0] = map ? FormatCodes.Map32 : FormatCodes.List32;
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), values.Length + 4);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(5), count);
        return Raw(head).Raw(values);
    }

    private WireWriter Fixed(byte code, int octets, SpanAction write)
    {
        var span = _output.GetSpan(octets + 1);
        span[0] = code;
        write(span.Slice(1, octets));
        _output.Advance(octets + 1);
        return this;
    }

    private WireWriter Variable(byte code, ReadOnlySpan<byte> value)
    {
        var span = _output.GetSpan(5);
        span[0] = code;
        BinaryPrimitives.WriteInt32BigEndian(span[1..], value.Length);
        _output.Advance(5);
        _output.Write(value);
        return this;
    }

    private delegate void SpanAction(Span<byte> span);
}
