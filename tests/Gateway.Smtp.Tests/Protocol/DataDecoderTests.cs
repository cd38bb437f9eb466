using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

/// <summary>Each case is decoded whole and cut in two at every position; some also cut in three at every pair. All must agree.</summary>
public sealed class DataDecoderTests
{
    private const int MaxLine = 1000;

    public static TheoryData<string, string, string> Cases() => new()
    {
        { @".\r\n", "", nameof(DataStatus.Complete) },
        { @"x\r\n.\r\n", @"x\r\n", nameof(DataStatus.Complete) },
        { @"x\r\n.\r\nQUIT\r\n", @"x\r\n", nameof(DataStatus.Complete) },
        { @"..\r\n.\r\n", @".\r\n", nameof(DataStatus.Complete) },
        { @"...\r\n..a\r\n.b\r\n.\r\n", @"..\r\n.a\r\nb\r\n", nameof(DataStatus.Complete) },
        { @"\r\n\r\n.\r\n", @"\r\n\r\n", nameof(DataStatus.Complete) },
        { @"a.\r\n.\r\n", @"a.\r\n", nameof(DataStatus.Complete) },
        { @"a\0b\xff\r\n.\r\n", @"a\0b\xff\r\n", nameof(DataStatus.Complete) },
        { @"x", "x", nameof(DataStatus.NeedMore) },
        { @"x\r\n.", @"x\r\n", nameof(DataStatus.NeedMore) },
        { @"x\r\n.\r", @"x\r\n", nameof(DataStatus.NeedMore) },
        { @"x\r", "x", nameof(DataStatus.NeedMore) },
        { @"x\n", "x", nameof(DataStatus.BadLineEnding) },
        { @"\nx", "", nameof(DataStatus.BadLineEnding) },
        { @"x\ry", "x", nameof(DataStatus.BadLineEnding) },
        { @"x\r\r\n", "x", nameof(DataStatus.BadLineEnding) },
        { @"x\r\n.\n", @"x\r\n", nameof(DataStatus.BadLineEnding) },
        { @"x\r\n.\rx", @"x\r\n", nameof(DataStatus.BadLineEnding) },
        { @"x\r\n.\r\r\n", @"x\r\n", nameof(DataStatus.BadLineEnding) },
        { @"x\r\n..\n", @"x\r\n.", nameof(DataStatus.BadLineEnding) },
        { @"{x*31}\r\n.{y*31}\r\n..\r\n{z*64}\r\n.\r\n", @"{x*31}\r\n{y*31}\r\n.\r\n{z*64}\r\n", nameof(DataStatus.Complete) },
        { @"{x*70}\n{y*70}\r\n.\r\n", "{x*70}", nameof(DataStatus.BadLineEnding) },
        { @"{x*70}\r{y*70}\r\n.\r\n", "{x*70}", nameof(DataStatus.BadLineEnding) },
        { @"{x*998}\r\n.\r\n", @"{x*998}\r\n", nameof(DataStatus.Complete) },
        { @"{x*999}\r\n.\r\n", @"{x*999}\r\n", nameof(DataStatus.LineTooLong) },
        { @"{y*40}\r\na\r\nb\r\n{x*998}\r\n.\r\n", @"{y*40}\r\na\r\nb\r\n{x*998}\r\n", nameof(DataStatus.Complete) },
        { @"..{x*997}\r\n.\r\n", @".{x*997}\r\n", nameof(DataStatus.Complete) },
        { @"..{x*998}\r\n.\r\n", @".{x*998}\r\n", nameof(DataStatus.LineTooLong) },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Where_the_octets_are_cut_does_not_matter(string input, string output, string status)
    {
        var octets = Transcript.Octets(Transcript.Expand(input, 1));
        var wanted = Transcript.Octets(Transcript.Expand(output, 1));
        for (var cut = 0; cut <= octets.Length; cut++)
        {
            var (actual, message, _) = Decode(new DataDecoder(long.MaxValue, MaxLine), octets, [cut]);
            Assert.True(status == actual.ToString(), $"cut at {cut}: {actual}");
            Assert.Equal(wanted, message);
        }
    }

    [Fact]
    public void Every_short_input_is_decoded_as_the_rule_says_whatever_the_cuts()
    {
        // All inputs of 7 octets over the alphabet that matters, against a decoder of one page, and that again octet by octet.
        ReadOnlySpan<byte> alphabet = "\r\n.x"u8;
        var octets = new byte[7];
        var inputs = (int)Math.Pow(alphabet.Length, octets.Length);
        for (var number = 0; number < inputs; number++)
        {
            for (int i = 0, rest = number; i < octets.Length; i++, rest /= alphabet.Length)
            {
                octets[i] = alphabet[rest % alphabet.Length];
            }

            var (wantedStatus, wanted) = Rule(octets);
            foreach (var cuts in (int[][])[[], [1, 2, 3, 4, 5, 6], [number % 7]])
            {
                var (status, message, _) = Decode(new DataDecoder(long.MaxValue, MaxLine), octets, cuts);
                Assert.True(wantedStatus == status && wanted.SequenceEqual(message), $"{Convert.ToHexString(octets)}: {status} {Convert.ToHexString(message)}");
            }
        }
    }

    [Fact]
    public void Long_random_messages_survive_stuffing_and_any_cuts()
    {
        var random = new Random(20261124);
        for (var round = 0; round < 300; round++)
        {
            var message = RandomMessage(random);
            var stuffed = Stuff(message);
            var cuts = Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(stuffed.Length + 1)).Order().ToArray();
            var (status, decoded, decoder) = Decode(new DataDecoder(long.MaxValue, int.MaxValue), stuffed, cuts);
            Assert.Equal(DataStatus.Complete, status);
            Assert.Equal(message, decoded);
            Assert.Equal(message.Length, decoder.Octets);
            Assert.Equal(message.Contains((byte)0), decoder.HasNul);
            Assert.Equal(message.Any(octet => octet >= 0x80), decoder.HasEightBit);
        }
    }

    [Fact]
    public void One_bad_line_ending_is_found_wherever_it_stands()
    {
        var stuffed = Stuff(RandomMessage(new Random(7)));
        for (var at = 0; at < stuffed.Length - 5; at++)
        {
            if (stuffed[at] is (byte)'\r' or (byte)'\n' || (at > 0 && stuffed[at - 1] == '\r'))
            {
                continue;
            }

            foreach (var bad in "\r\n"u8)
            {
                var octets = stuffed.ToArray();
                octets[at] = bad;
                if (octets[at + 1] == '\n' || (bad == '\n' && at > 0 && octets[at - 1] == '\r'))
                {
                    continue; // that made a CRLF
                }

                Assert.Equal(DataStatus.BadLineEnding, Decode(new DataDecoder(long.MaxValue, int.MaxValue), octets, []).Status);
            }
        }
    }

    [Fact]
    public void Past_the_limit_nothing_is_handed_out_and_the_end_is_still_found()
    {
        var decoder = new DataDecoder(maxOctets: 10, MaxLine);
        var (status, message, _) = Decode(decoder, "12345678\r\nx\r\n.\r\nNOOP\r\n"u8.ToArray(), [10]);
        Assert.Equal(DataStatus.TooLarge, status);
        Assert.Equal("12345678\r\n"u8.ToArray(), message);
        Assert.Equal(13, decoder.Octets);
    }

    /// <summary>Feeds the pieces as a connection does: what is not consumed stands in front of the next piece.</summary>
    private static (DataStatus Status, byte[] Message, DataDecoder Decoder) Decode(DataDecoder decoder, byte[] octets, int[] cuts)
    {
        var message = new List<byte>();
        byte[] rest = [];
        var status = DataStatus.NeedMore;
        int[] bounds = [0, .. cuts, octets.Length];
        for (var i = 1; i < bounds.Length && status == DataStatus.NeedMore; i++)
        {
            byte[] input = [.. rest, .. octets.AsSpan(bounds[i - 1]..bounds[i])];
            status = decoder.Decode(input, out var consumed, out var written);
            message.AddRange(input.AsSpan(0, written));
            rest = input[consumed..];
            Assert.True(status != DataStatus.NeedMore || rest.Length <= 2, "at most two octets are left over");
        }

        return (status, [.. message], decoder);
    }

    /// <summary>The rule itself, over the whole input: line by line, with no regard for speed or cuts.</summary>
    private static (DataStatus Status, byte[] Message) Rule(ReadOnlySpan<byte> octets)
    {
        var message = new List<byte>();
        while (true)
        {
            var end = octets.IndexOfAny((byte)'\r', (byte)'\n');
            var isBad = end >= 0 && (octets[end] == '\n' || (end + 1 < octets.Length && octets[end + 1] != '\n'));
            var isWhole = end >= 0 && !isBad && end + 1 < octets.Length;
            var line = end < 0 ? octets : octets[..end];
            if (line.SequenceEqual("."u8))
            {
                return (isWhole ? DataStatus.Complete : isBad ? DataStatus.BadLineEnding : DataStatus.NeedMore, [.. message]);
            }

            message.AddRange(line.StartsWith((byte)'.') ? line[1..] : line);
            if (isBad || !isWhole)
            {
                return (isBad ? DataStatus.BadLineEnding : DataStatus.NeedMore, [.. message]);
            }

            message.AddRange("\r\n"u8);
            octets = octets[(end + 2)..];
        }
    }

    private static byte[] RandomMessage(Random random)
    {
        var message = new List<byte>();
        for (var lines = random.Next(1, 40); lines > 0; lines--)
        {
            for (var length = random.Next(3) == 0 ? random.Next(4) : random.Next(200); length > 0; length--)
            {
                var octet = random.Next(4) == 0 ? (byte)'.' : (byte)random.Next(1, random.Next(30) == 0 ? 256 : 127);
                message.Add(octet is (byte)'\r' or (byte)'\n' ? (byte)'x' : octet);
            }

            message.AddRange("\r\n"u8);
        }

        if (random.Next(2) == 0)
        {
            var at = random.Next(message.Count);
            message[at] = message[at] is (byte)'\r' or (byte)'\n' ? message[at] : (byte)0;
        }

        return [.. message];
    }

    private static byte[] Stuff(byte[] message)
    {
        var stuffed = new List<byte>();
        for (var i = 0; i < message.Length; i++)
        {
            if (message[i] == '.' && (i == 0 || message[i - 1] == '\n'))
            {
                stuffed.Add((byte)'.');
            }

            stuffed.Add(message[i]);
        }

        return [.. stuffed, .. ".\r\n"u8];
    }
}
