using System.Buffers.Binary;
using System.Net;
using System.Text;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

public sealed class ProxyHeaderTests
{
    private static readonly byte[] Behind = "EHLO client.example\r\n"u8.ToArray();

    /// <summary>Version 1: the line, and the address that it tells; null: none.</summary>
    public static TheoryData<string, string?> Lines => new()
    {
        { "PROXY TCP4 203.0.113.7 192.0.2.1 51234 25\r\n", "203.0.113.7" },
        { "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255" },
        { "PROXY TCP4 203.0.113.7 192.0.2.1 0 0\r\n", "203.0.113.7" },
        { "PROXY TCP6 2001:db8::7 2001:db8::1 51234 25\r\n", "2001:db8::7" },
        { "PROXY TCP6 2001:DB8:0:0:0:0:0:7 2001:db8::1 51234 25\r\n", "2001:db8::7" },
        { "PROXY TCP6 ::ffff:203.0.113.7 ::ffff:192.0.2.1 51234 25\r\n", "203.0.113.7" },
        { "PROXY TCP4 203.0.113.7 192.0.2.1 51234 25 \r\n", "203.0.113.7" }, // as Azure's page shows it
        { "PROXY UNKNOWN\r\n", null },
        { "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", null },
    };

    public static TheoryData<string> BadLines =>
    [
        "EHLO client.example\r\n",
        "PROXY\r\n",
        "PROXY \r\n",
        "proxy TCP4 203.0.113.7 192.0.2.1 51234 25\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 51234 25\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 51234 25\r",
        "PROXY TCP4 203.0.113.7 192.0.2.1 51234\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 51234 25  \r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 51234 25\t\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 51234 \r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 51234 25 26\r\n",
        "PROXY TCP4  203.0.113.7 192.0.2.1 51234 25\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 51234 65536\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 051234 25\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 -1 25\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 +1 25\r\n",
        "PROXY TCP4 203.0.113.07 192.0.2.1 51234 25\r\n",
        "PROXY TCP4 203.0.113 192.0.2.1 51234 25\r\n",
        "PROXY TCP4 3405803783 192.0.2.1 51234 25\r\n",
        "PROXY TCP4 2001:db8::7 2001:db8::1 51234 25\r\n",
        "PROXY TCP6 203.0.113.7 192.0.2.1 51234 25\r\n",
        "PROXY TCP6 [2001:db8::7] 2001:db8::1 51234 25\r\n",
        "PROXY TCP6 fe80::1%eth0 2001:db8::1 51234 25\r\n",
        "PROXY TCP4 203.0.113.7 nowhere 51234 25\r\n",
        "PROXY UDP4 203.0.113.7 192.0.2.1 51234 25\r\n",
        "PROXY UNKNOWNS\r\n",
        "PROXY unknown\r\n",
        $"PROXY UNKNOWN {new string('f', ProxyHeader.MaxLineOctets)}\r\n",
        "\r\n",
        "\r\n\r\n\0\r\nQUIX\n",
    ];

    /// <summary>Version 2: command octet, kind, what is behind the length, and the address that it tells.</summary>
    public static TheoryData<byte, byte, string, string?> Binaries => new()
    {
        { 0x21, 0x11, "CB007107 C0000201 C822 0019", "203.0.113.7" },
        { 0x21, 0x11, "CB007107 C0000201 C822 0019 04 0003 AABBCC", "203.0.113.7" },
        { 0x21, 0x21, "20010DB8000000000000000000000007 20010DB8000000000000000000000001 C822 0019", "2001:db8::7" },
        { 0x21, 0x21, "00000000000000000000FFFFCB007107 00000000000000000000FFFFC0000201 C822 0019", "203.0.113.7" },
        { 0x20, 0x00, "", null },
        { 0x20, 0x11, "CB007107 C0000201 C822 0019", null },
        { 0x20, 0xFF, "0102", null },
        { 0x21, 0x00, "", null },
        { 0x21, 0x00, "04 0003 AABBCC", null },
    };

    public static TheoryData<byte, byte, string> BadBinaries => new()
    {
        { 0x11, 0x11, "CB007107 C0000201 C822 0019" }, // version 1 in octets
        { 0x31, 0x11, "CB007107 C0000201 C822 0019" },
        { 0x22, 0x11, "CB007107 C0000201 C822 0019" }, // a command that there is not
        { 0x21, 0x12, "CB007107 C0000201 C822 0019" }, // UDP
        { 0x21, 0x31, new string('0', 216 * 2) }, // a Unix socket
        { 0x21, 0x11, "CB007107 C0000201 C822" },
        { 0x21, 0x21, "CB007107 C0000201 C822 0019" },
        { 0x21, 0x11, "" },
    };

    [Theory, MemberData(nameof(Lines))]
    public void A_line_tells_the_client(string line, string? address) => IsTaken(Encoding.Latin1.GetBytes(line), address);

    [Theory, MemberData(nameof(Binaries))]
    public void Octets_tell_the_client(byte command, byte kind, string block, string? address) => IsTaken(Binary(command, kind, block), address);

    [Theory, MemberData(nameof(BadLines))]
    public void A_line_that_is_none_is_refused(string line) => IsRefused(Encoding.Latin1.GetBytes(line));

    [Theory, MemberData(nameof(BadBinaries))]
    public void Octets_that_are_none_are_refused(byte command, byte kind, string block) => IsRefused(Binary(command, kind, block));

    [Fact]
    public void A_header_longer_than_any_proxy_sends_is_refused_before_it_is_read()
    {
        var header = Binary(0x20, 0x00, "");
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), ProxyHeader.MaxBinaryOctets - 16);
        Assert.Equal(ProxyStatus.NeedMore, ProxyHeader.TryTake(header, out _, out _));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), ProxyHeader.MaxBinaryOctets - 15);
        Assert.Equal(ProxyStatus.Malformed, ProxyHeader.TryTake(header, out _, out _));
    }

    [Fact]
    public void What_cannot_become_a_header_any_more_is_refused_at_its_first_wrong_octet()
    {
        Assert.Equal(ProxyStatus.Malformed, ProxyHeader.TryTake("PX"u8, out _, out _));
        Assert.Equal(ProxyStatus.Malformed, ProxyHeader.TryTake("\r\n\r\n\r"u8, out _, out _));
        Assert.Equal(ProxyStatus.NeedMore, ProxyHeader.TryTake("PROX"u8, out _, out _));
        Assert.Equal(ProxyStatus.NeedMore, ProxyHeader.TryTake([], out _, out _));
    }

    [Fact]
    public void Whatever_comes_nothing_is_thrown_and_no_more_taken_than_there_is()
    {
        var random = new Random(20261125);
        byte[][] seeds = [.. Lines.Select(row => Encoding.Latin1.GetBytes(row.Data.Item1)), .. Binaries.Select(row => Binary(row.Data.Item1, row.Data.Item2, row.Data.Item3))];
        for (var round = 0; round < 50_000; round++)
        {
            byte[] octets = [.. seeds[random.Next(seeds.Length)], .. Behind];
            for (var change = random.Next(1, 5); change > 0; change--)
            {
                octets[random.Next(octets.Length)] = (byte)random.Next(256);
            }

            var input = octets.AsSpan(0, random.Next(octets.Length + 1));
            var status = ProxyHeader.TryTake(input, out var source, out var consumed);
            Assert.InRange(consumed, status == ProxyStatus.Complete ? 1 : 0, status == ProxyStatus.Complete ? input.Length : 0);
            Assert.True(status == ProxyStatus.Complete || source is null);
        }
    }

    private static void IsTaken(byte[] header, string? address)
    {
        byte[] input = [.. header, .. Behind];
        Assert.Equal(ProxyStatus.Complete, ProxyHeader.TryTake(input, out var source, out var consumed));
        Assert.Equal((address is null ? null : IPAddress.Parse(address), header.Length), (source, consumed));
        for (var length = 0; length < header.Length; length++)
        {
            Assert.Equal(ProxyStatus.NeedMore, ProxyHeader.TryTake(input.AsSpan(0, length), out source, out consumed));
            Assert.Equal((null, 0), (source, consumed));
        }
    }

    /// <summary>As a whole, and when it grows: once it is refused it stays so, and it is never taken.</summary>
    private static void IsRefused(byte[] header)
    {
        byte[] growing = [.. header, .. Behind];
        var first = Enumerable.Range(0, growing.Length + 1).First(length => ProxyHeader.TryTake(growing.AsSpan(0, length), out _, out _) != ProxyStatus.NeedMore);
        Assert.All(Enumerable.Range(first, growing.Length + 1 - first), length => Assert.Equal(ProxyStatus.Malformed, ProxyHeader.TryTake(growing.AsSpan(0, length), out _, out _)));
        Assert.Equal(ProxyStatus.Malformed, ProxyHeader.TryTake([.. header, .. Behind], out var source, out var consumed));
        Assert.Equal((null, 0), (source, consumed));
    }

    private static byte[] Binary(byte command, byte kind, string block)
    {
        var octets = Convert.FromHexString(block.Replace(" ", "", StringComparison.Ordinal));
        byte[] header = [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, kind, 0, 0, .. octets];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)octets.Length);
        return header;
    }
}
