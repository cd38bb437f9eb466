using System.Buffers.Binary;

namespace Gateway.Testing.ServiceBus.Wire;

/// <summary>Steps over encoded AMQP values without building them (AMQP 1.0 part 1). Every size is held against what is really there.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> octets)
{
    /// <summary>Most descriptors inside one another; a message has one.</summary>
    public const int MaxDepth = 16;

    private readonly ReadOnlySpan<byte> _octets = octets;

    public int Position { get; private set; }

    public readonly int Length => _octets.Length;

    public readonly bool AtEnd => Position == _octets.Length;

    /// <summary>Moves behind the value that starts here and returns where it started.</summary>
    public int Skip()
    {
        var start = Position;
        Skip(0);
        return start;
    }

    /// <summary>Reads the start of a described value whose descriptor is a number; symbolic descriptors are refused, nobody sends them.</summary>
    public ulong ReadDescriptor()
    {
        if (ReadOctet() != FormatCodes.Described)
        {
            throw new WireFormatException("A described value is expected");
        }

        var start = Skip();
        return WireValue.AsULong(_octets[start..Position]) ?? throw new WireFormatException("A descriptor is not a number");
    }

    /// <summary>Enters a list (<see cref="FormatCodes.List0"/> included) or a map and returns how many values it says to hold.</summary>
    /// <remarks>The reader that is handed out ends where the list or map ends; this one stands behind it.</remarks>
    public WireReader Enter(bool map, out int count)
    {
        var code = ReadOctet();
        if (!map && code == FormatCodes.List0)
        {
            count = 0;
            return new WireReader([]);
        }

        var (small, large) = map ? (FormatCodes.Map8, FormatCodes.Map32) : (FormatCodes.List8, FormatCodes.List32);
        var width = code == small ? 1 : code == large ? 4 : throw new WireFormatException(map ? "A map is expected" : "A list is expected");
        var size = ReadSize(width);
        var body = Take(size);
        var inner = new WireReader(body);
        count = inner.ReadSize(width);

        // One octet is the least that a value takes: a count beyond that is a lie that a loop would follow.
        if (count > size - width)
        {
            throw new WireFormatException("A count is larger than its list");
        }

        return inner;
    }

    /// <summary>The encoded octets of the value that starts here.</summary>
    public ReadOnlySpan<byte> ReadRaw() => _octets[Skip()..Position];

    private void Skip(int depth)
    {
        var code = ReadOctet();
        if (code == FormatCodes.Described)
        {
            if (depth == MaxDepth)
            {
                throw new WireFormatException("Descriptors are nested too deeply");
            }

            Skip(depth + 1);
            Skip(depth + 1);
            return;
        }

        Take((code >> 4) switch
        {
            0x4 => 0,
            0x5 => 1,
            0x6 => 2,
            0x7 => 4,
            0x8 => 8,
            0x9 => 16,
            0xA or 0xC or 0xE => ReadSize(1),
            0xB or 0xD or 0xF => ReadSize(4),
            _ => throw new WireFormatException("An unknown format code"),
        });
    }

    private byte ReadOctet() => Take(1)[0];

    private int ReadSize(int width)
    {
        var size = width == 1 ? ReadOctet() : BinaryPrimitives.ReadUInt32BigEndian(Take(4));
        return size <= int.MaxValue ? (int)size : throw new WireFormatException("A size is too large");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _octets.Length - Position)
        {
            throw new WireFormatException("A value ends before its size");
        }

        var taken = _octets.Slice(Position, count);
        Position += count;
        return taken;
    }
}
