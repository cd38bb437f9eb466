using System.Buffers.Binary;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Headers of the PROXY protocol, good and bad ones.</summary>
internal static class ProxyGrammar
{
    private static readonly string[] Sources =
    [
        "203.0.113.7", "203.0.113.7", "203.0.113.8", "203.0.113.9", "198.51.100.1", "127.0.0.1",
        "10.0.0.1", "0.0.0.0", "255.255.255.255", "::1", "2001:db8::7", "::ffff:203.0.113.7", "fe80::1",
    ];

    /// <summary>A neighbour of most of the others, who are never it.</summary>
    public static byte[] Newcomer { get; } = Choice.Latin1("PROXY TCP4 203.0.113.250 192.0.2.1 51234 25\r\n");

    public static byte[] Header(Random random) => random.Percent(50) ? Line(random) : Binary(random);

    /// <summary>One that is taken.</summary>
    public static byte[] Good(Random random) => random.Of(
        Choice.Latin1($"PROXY TCP4 203.0.113.{random.Next(1, 60)} 192.0.2.1 51234 25\r\n"),
        Choice.Latin1($"PROXY TCP6 2001:db8:{random.Next(1, 60)}::7 2001:db8::1 51234 25\r\n"),
        Binary(0x21, 0x11, [198, 51, 100, (byte)random.Next(1, 60), 192, 0, 2, 1, 200, 34, 0, 25]));

    private static byte[] Line(Random random)
    {
        var source = random.Of(Sources);
        var line = random.Next(10) switch
        {
            0 => random.Of("PROXY UNKNOWN", "PROXY UNKNOWN x y z", "PROXY unknown", "PROXY", "PROXY ", $"PROXY UNKNOWN {new string('f', random.Of(80, 90, 91, 92, 93, 200))}"),
            1 => $"proxy TCP4 {source} 192.0.2.1 51234 25",
            2 => $"PROXY TCP4 {source} 192.0.2.1 {random.Of("0", "65535", "65536", "-1", "01", "")} 25",
            3 => $"PROXY TCP4  {source} 192.0.2.1 51234 25",
            4 => $"PROXY TCP4 {source} 192.0.2.1 51234 25{random.Of(" ", "  ", "\t", " 26", "\0")}",
            _ => $"PROXY {(source.Contains(':', StringComparison.Ordinal) == random.Percent(95) ? "TCP6" : "TCP4")} {source} {(source.Contains(':', StringComparison.Ordinal) ? "2001:db8::1" : "192.0.2.1")} 51234 25",
        };
        return Choice.Latin1(line + random.Of("\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r"));
    }

    private static byte[] Binary(Random random)
    {
        var isIPv6 = random.Percent(40);
        var block = new byte[random.Percent(85) ? (isIPv6 ? 36 : 12) + (random.Percent(30) ? random.Next(64) : 0) : random.Next(48)];
        random.NextBytes(block);
        if (random.Percent(60) && !isIPv6 && block.Length >= 4)
        {
            block.AsSpan(0, 3).Fill(203);
        }

        var command = random.Percent(85) ? (byte)0x21 : random.Of<byte>(0x20, 0x11, 0x22, 0x31, 0x2f);
        var kind = random.Percent(85) ? (byte)(isIPv6 ? 0x21 : 0x11) : random.Of<byte>(0x00, 0x12, 0x22, 0x31, 0xff);
        var header = Binary(command, kind, block);
        if (random.Percent(10))
        {
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), random.Of<ushort>(0, 11, 13, 35, 37, 4_079, 4_080, 4_081, 65_535));
        }

        return header;
    }

    private static byte[] Binary(byte command, byte kind, byte[] block)
    {
        byte[] header = [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, kind, 0, 0, .. block];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)block.Length);
        return header;
    }
}
