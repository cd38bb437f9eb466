using System.Buffers.Binary;
using System.Net;

namespace Gateway.Smtp.Abuse;

/// <summary>An address or a network of either family as 128 bits; IPv4 as ::ffff:0:0/96, so that the two never meet.</summary>
internal readonly struct ClientKey(ulong high, ulong low) : IEquatable<ClientKey>
{
    private const ulong MappedIPv4 = 0xffff_0000_0000;

    /// <summary>Hashes are seeded: addresses are the client's choice, and those of one bucket must not be found by reckoning.</summary>
    private readonly ulong _high = high;
    private readonly ulong _low = low;

    public bool IsIPv4 => _high == 0 && _low >> 32 == MappedIPv4 >> 32;

    /// <summary>The /24 or the /64.</summary>
    public ClientKey Network => IsIPv4 ? new(0, _low & ~0xffUL) : new(_high, 0);

    public static ClientKey Of(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out var length);
        return length == 4
            ? new(0, MappedIPv4 | BinaryPrimitives.ReadUInt32BigEndian(octets))
            : new(BinaryPrimitives.ReadUInt64BigEndian(octets), BinaryPrimitives.ReadUInt64BigEndian(octets[8..]));
    }

    public bool Equals(ClientKey other) => _high == other._high && _low == other._low;

    public override bool Equals(object? obj) => obj is ClientKey other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_high, _low);
}
