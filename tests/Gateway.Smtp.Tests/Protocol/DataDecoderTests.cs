using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

/// <summary>Each case is decoded whole and cut in two at every position. All must agree.</summary>
public sealed class DataDecoderTests
{
    private const int MaxLine = 1000;

    public static TheoryData<string, string, string, string> Cases() => new()
    {
        // input, message, status when bare CR, LF and NUL are refused, and when they are accepted
        { @".\r\n", "", "Complete", "Complete" },
        { @"x\r\n.\r\n", @"x\r\n", "Complete", "Complete" },
        { @"x\r\n.\r\nQUIT\r\n", @"x\r\n", "Complete", "Complete" },
        { @"..\r\n.\r\n", @".\r\n", "Complete", "Complete" },
        { @"...\r\n..a\r\n.b\r\n.\r\n", @"..\r\n.a\r\nb\r\n", "Complete", "Complete" },
        { @"\r\n\r\n.\r\n", @"\r\n\r\n", "Complete", "Complete" },
        { @"a.\r\n.\r\n", @"a.\r\n", "Complete", "Complete" },
        { @"ab\xff\r\n.\r\n", @"ab\xff\r\n", "Complete", "Complete" },
        { @"a\0b\r\n.\r\n", @"a\0b\r\n", "ContainsNul", "Complete" },
        { @"x\r\n.\0\r\n.\r\n", @"x\r\n\0\r\n", "ContainsNul", "Complete" },
        { @"x\r\n\0.\r\n.\r\n", @"x\r\n\0.\r\n", "ContainsNul", "Complete" },
        { @"x", "x", "NeedMore", "NeedMore" },
        { @"x\r\n.", @"x\r\n", "NeedMore", "NeedMore" },
        { @"x\r\n.\r", @"x\r\n", "NeedMore", "NeedMore" },
        { @"x\r", @"x\r", "NeedMore", "NeedMore" },
        { @"x\n", @"x\n", "BadLineEnding", "NeedMore" },
        { @"\nx", @"\nx", "BadLineEnding", "NeedMore" },
        { @"x\ry", @"x\ry", "BadLineEnding", "NeedMore" },
        { @"x\r\r\n", @"x\r\r\n", "BadLineEnding", "NeedMore" },
        { @"x\r\r\n.\r\n", @"x\r\r\n", "BadLineEnding", "Complete" },
        { @"x\r\n\n.\r\n", @"x\r\n\n.\r\n", "BadLineEnding", "NeedMore" },
        { @"x\r\n.\n", @"x\r\n\n", "BadLineEnding", "NeedMore" },
        { @"x\r\n.\rx", @"x\r\n\rx", "BadLineEnding", "NeedMore" },
        { @"x\r\n.\r\r\n", @"x\r\n\r\r\n", "BadLineEnding", "NeedMore" },
        { @"x\r\n.\r\r\n.\r\n", @"x\r\n\r\r\n", "BadLineEnding", "Complete" },
        { @"x\r\n..\n", @"x\r\n.\n", "BadLineEnding", "NeedMore" },
        { @"x\n..\n.\n\r\n.\r\n", @"x\n..\n.\n\r\n", "BadLineEnding", "Complete" },
        { @"{x*31}\r\n.{y*31}\r\n..\r\n{z*64}\r\n.\r\n", @"{x*31}\r\n{y*31}\r\n.\r\n{z*64}\r\n", "Complete", "Complete" },
        { @"{x*70}\n{y*70}\r\n.\r\n", @"{x*70}\n{y*70}\r\n", "BadLineEnding", "Complete" },
        { @"{x*70}\r{y*70}\r\n.\r\n", @"{x*70}\r{y*70}\r\n", "BadLineEnding", "Complete" },
        { @"{x*70}\n.{y*70}\r\n.\r\n", @"{x*70}\n.{y*70}\r\n", "BadLineEnding", "Complete" },
        { @"{x*998}\r\n.\r\n", @"{x*998}\r\n", "Complete", "Complete" },
        { @"{x*999}\r\n.\r\n", @"{x*999}\r\n", "LineTooLong", "LineTooLong" },
        { @"{x*499}\n{x*499}\r\n.\r\n", @"{x*499}\n{x*499}\r\n", "BadLineEnding", "LineTooLong" },
        { @"{y*40}\r\na\r\nb\r\n{x*998}\r\n.\r\n", @"{y*40}\r\na\r\nb\r\n{x*998}\r\n", "Complete", "Complete" },
        { @"..{x*997}\r\n.\r\n", @".{x*997}\r\n", "Complete", "Complete" },
        { @"..{x*998}\r\n.\r\n", @".{x*998}\r\n", "LineTooLong", "LineTooLong" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Where_the_octets_are_cut_does_not_matter(string input, string output, string refused, string accepted)
    {
        var octets = Transcript.Octets(Transcript.Expand(input, 1));
        var wanted = Transcript.Octets(Transcript.Expand(output, 1));
        foreach (var (policy, status) in (ReadOnlySpan<(BareLineEndings, string)>)[(BareLineEndings.Refuse, refused), (BareLineEndings.Accept, accepted)])
        {
            for (var cut = 0; cut <= octets.Length; cut++)
            {
                var decoded = Decoding.Data(octets, [cut], new(long.MaxValue, MaxLine, policy));
                Assert.True(status == decoded.Status.ToString(), $"{policy}, cut at {cut}: {decoded.Status}");
                Assert.Equal(decoded.Verdict == DataStatus.Complete ? wanted : wanted[..decoded.Message.Length], decoded.Message);
            }
        }
    }

    [Theory]
    [InlineData(BareLineEndings.Refuse)]
    [InlineData(BareLineEndings.Accept)]
    public void Every_short_input_is_decoded_as_the_rule_says_whatever_the_cuts(BareLineEndings policy)
    {
        // All inputs of 7 octets over the alphabet that matters.
        ReadOnlySpan<byte> alphabet = "\r\n.\0x"u8;
        var octets = new byte[7];
        var inputs = (int)Math.Pow(alphabet.Length, octets.Length);
        for (var number = 0; number < inputs; number++)
        {
            for (int i = 0, rest = number; i < octets.Length; i++, rest /= alphabet.Length)
            {
                octets[i] = alphabet[rest % alphabet.Length];
            }

            var wanted = DecodingRule.Data(octets, DecodingLimits.None(policy));
            foreach (var cuts in (int[][])[[], [1, 2, 3, 4, 5, 6], [number % 7]])
            {
                Decoding.AgreeInData(wanted, Decoding.Data(octets, cuts, DecodingLimits.None(policy)), () => Convert.ToHexString(octets));
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
            var decoded = Decoding.Data(stuffed, cuts, DecodingLimits.None(BareLineEndings.Refuse));
            Assert.Equal(DataStatus.Complete, decoded.Status);
            Assert.Equal(message, decoded.Message);
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

                Assert.Equal(DataStatus.BadLineEnding, Decoding.Data(octets, [], DecodingLimits.None(BareLineEndings.Refuse)).Status);
            }
        }
    }

    [Fact]
    public void Past_the_limit_nothing_is_handed_out_and_the_end_is_still_found()
    {
        var decoded = Decoding.Data("12345678\r\nx\r\n.\r\nNOOP\r\n"u8.ToArray(), [10], new(10, MaxLine, BareLineEndings.Refuse));
        Assert.Equal((DataStatus.TooLarge, 16, "13"), (decoded.Status, decoded.Consumed, decoded.Facts));
        Assert.Equal("12345678\r\n"u8.ToArray(), decoded.Message);
    }

    [Fact]
    public void Once_a_message_is_certain_to_be_refused_nothing_more_is_handed_out()
    {
        foreach (var bad in (ReadOnlySpan<string>)[@"\0", "{x*1001}"])
        {
            var octets = Transcript.Octets(Transcript.Expand($@"1\r\n{bad}\r\n2\r\n.\r\n", 1));
            Assert.Equal("1\r\n"u8.ToArray(), Decoding.Data(octets, [3, octets.Length - 6], new(long.MaxValue, MaxLine, BareLineEndings.Refuse)).Message);
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
