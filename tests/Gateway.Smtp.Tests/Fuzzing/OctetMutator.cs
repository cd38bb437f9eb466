namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Changes octets a little.</summary>
internal static class OctetMutator
{
    private const int LongestPiece = 64;

    private static readonly byte[][] Special =
    [
        [0], [0xff], [0x80], "\r"u8.ToArray(), "\n"u8.ToArray(), "\r\n"u8.ToArray(), "."u8.ToArray(), "\r\n.\r\n"u8.ToArray(), " "u8.ToArray(), "\t"u8.ToArray(), "<"u8.ToArray(), ">"u8.ToArray(),
        "\""u8.ToArray(), "\\"u8.ToArray(), "@"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(), ":"u8.ToArray(), "="u8.ToArray(), ","u8.ToArray(), "*"u8.ToArray(), "\u00e4"u8.ToArray(), [0xc3], [0xed, 0xa0, 0x80],
        "0"u8.ToArray(), "18446744073709551616"u8.ToArray(), " LAST"u8.ToArray(), "xn--"u8.ToArray(), "DATA\r\n"u8.ToArray(), "RSET\r\n"u8.ToArray(), "BDAT 1\r\n"u8.ToArray(), "\u3002"u8.ToArray(),
    ];

    /// <param name="random">Decides.</param>
    /// <param name="octets">Left as they are.</param>
    /// <param name="other">From which a piece may be taken.</param>
    public static byte[] Mutate(Random random, ReadOnlySpan<byte> octets, ReadOnlySpan<byte> other)
    {
        var at = random.Next(octets.Length + 1);
        var rest = octets.Length - at;
        var length = random.Next(Math.Min(rest, LongestPiece) + 1);
        var before = octets[..at];
        var piece = octets.Slice(at, length);
        var behind = octets[(at + length)..];
        switch (random.Next(8))
        {
            case 0 when rest > 0:
                return [.. before, (byte)(octets[at] ^ (1 << random.Next(8))), .. octets[(at + 1)..]];
            case 1:
                return [.. before, .. behind];
            case 2:
                return [.. before, .. piece, .. piece, .. behind];
            case 3:
                return octets[..at].ToArray();
            case 4 when other.Length > 0:
                var from = random.Next(other.Length);
                return [.. before, .. other.Slice(from, random.Next(Math.Min(other.Length - from, LongestPiece) + 1)), .. behind];
            case 5 when rest > 0:
                return [.. before, .. random.Of(Special), .. octets[(at + 1)..]];
            default:
                return [.. before, .. random.Of(Special), .. octets[at..]];
        }
    }
}
