using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

/// <summary>Each case is one chunk, then cut into two at every position, and received whole and octet by octet. All must agree.</summary>
public sealed class ChunkDecoderTests
{
    private const int MaxLine = 1000;

    public static TheoryData<string, string, string, string> Cases() => new()
    {
        // message, status when bare CR, LF and NUL are refused, and when they are accepted, what was found
        { "", "Complete", "Complete", "0" },
        { @"\r\n", "Complete", "Complete", "2" },
        { @".\r\n", "Complete", "Complete", "3" },
        { @"..x\r\n.\r\nQUIT\r\n", "Complete", "Complete", "14" },
        { @"x\xff\r\n", "Complete", "Complete", "4 8bit" },
        { "x", "Complete", "Complete", "1 unended" },
        { @"x\r\ny", "Complete", "Complete", "4 unended" },
        { @"x\r", "BadLineEnding", "Complete", "2 bare unended" },
        { @"\r", "BadLineEnding", "Complete", "1 bare unended" },
        { @"x\n", "BadLineEnding", "Complete", "2 bare unended" },
        { @"\n", "BadLineEnding", "Complete", "1 bare unended" },
        { @"x\ry\r\n", "BadLineEnding", "Complete", "5 bare" },
        { @"x\r\r\n", "BadLineEnding", "Complete", "4 bare" },
        { @"x\r\n\n", "BadLineEnding", "Complete", "4 bare unended" },
        { @"\n\r\n", "BadLineEnding", "Complete", "3 bare" },
        { @"a\0b\r\n", "ContainsNul", "Complete", "5 nul" },
        { @"\0", "ContainsNul", "Complete", "1 nul unended" },
        { @"a\0\n", "BadLineEnding", "Complete", "3 nul bare unended" },
        { @"{x*70}\n{y*70}\r\n", "BadLineEnding", "Complete", "143 bare" },
        { @"{x*998}\r\n", "Complete", "Complete", "1000" },
        { @"{x*999}\r\n", "LineTooLong", "LineTooLong", "1001 long" },
        { @"{x*1000}", "Complete", "Complete", "1000 unended" },
        { @"{x*1001}", "LineTooLong", "LineTooLong", "1001 long unended" },
        { @"{y*40}\r\n\r\n{x*998}\r\n", "Complete", "Complete", "1044" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Where_chunks_and_segments_are_cut_does_not_matter(string message, string refused, string accepted, string facts)
    {
        var octets = Transcript.Octets(Transcript.Expand(message, 1));
        foreach (var (policy, status) in (ReadOnlySpan<(BareLineEndings, string)>)[(BareLineEndings.Refuse, refused), (BareLineEndings.Accept, accepted)])
        {
            for (var cut = 0; cut <= octets.Length; cut++)
            {
                foreach (var segment in (int[])[1, int.MaxValue / 2])
                {
                    var decoded = Decoding.Chunks(octets, cut == 0 ? [] : [cut], () => segment, new(long.MaxValue, MaxLine, policy), isBinary: false);
                    Assert.True((status, facts) == (decoded.Status.ToString(), decoded.Facts), $"{policy}, cut at {cut}: {decoded}");
                    Assert.Equal(decoded.Verdict == DataStatus.Complete ? octets : octets[..decoded.Message.Length], decoded.Message);
                }
            }
        }
    }

    [Theory]
    [InlineData(@"\0\r\n")]
    [InlineData(@"x\n.\r\r\n\xff\0")]
    [InlineData(@"{x*5000}")]
    public void In_binary_every_octet_and_every_line_is_right(string message)
    {
        var octets = Transcript.Octets(Transcript.Expand(message, 1));
        for (var cut = 0; cut <= octets.Length; cut++)
        {
            var decoded = Decoding.Chunks(octets, [cut], () => 7, new(octets.Length, MaxLine, BareLineEndings.Refuse), isBinary: true);
            Assert.Equal((DataStatus.Complete, $"{octets.Length}"), (decoded.Status, decoded.Facts));
            Assert.Equal(octets, decoded.Message);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_limit_is_for_the_message_and_not_for_a_chunk(bool isBinary)
    {
        var octets = "1234\r\n7\r\n"u8.ToArray();
        for (var cut = 0; cut <= octets.Length; cut++)
        {
            var (fits, past) = (new DecodingLimits(9, MaxLine, BareLineEndings.Refuse), new DecodingLimits(8, MaxLine, BareLineEndings.Refuse));
            Assert.Equal(DataStatus.Complete, Decoding.Chunks(octets, [cut], () => 100, fits, isBinary).Status);
            var tooLarge = Decoding.Chunks(octets, [cut], () => 100, past, isBinary);
            Assert.Equal((DataStatus.TooLarge, 9), (tooLarge.Status, tooLarge.Consumed));
            Assert.Equal(octets[..(cut == 9 ? 0 : cut)], tooLarge.Message);
        }
    }

    [Fact]
    public void A_chunk_past_any_limit_is_dropped_as_it_comes()
    {
        var decoder = new ChunkDecoder(10, MaxLine, BareLineEndings.Refuse, isBinary: false);
        Assert.True(BdatCommand.Parse("99999999999999999999"u8).TryGet(out var chunk, out _));
        decoder.Begin(chunk);
        for (var octets = 8; octets <= 800; octets += 8)
        {
            Assert.Equal(DataStatus.NeedMore, decoder.Decode([.. "xxxxxx\r\n"u8], out var consumed, out var written));
            Assert.Equal((8, octets <= 10 ? 8 : 0), (consumed, written));
            Assert.Equal(octets <= 10 ? DataStatus.Complete : DataStatus.TooLarge, decoder.Content.Verdict);
        }
    }

    [Fact]
    public void Empty_chunks_change_nothing()
    {
        var decoded = Decoding.Chunks("x\r\n"u8.ToArray(), [0, 0, 2, 2, 3, 3], () => 5, DecodingLimits.None(BareLineEndings.Refuse), isBinary: false);
        Assert.Equal((DataStatus.Complete, "3"), (decoded.Status, decoded.Facts));
    }

    [Fact]
    public void What_is_wrong_is_known_before_the_end_to_those_who_ask()
    {
        var decoder = new ChunkDecoder(long.MaxValue, MaxLine, BareLineEndings.Refuse, isBinary: false);
        decoder.Begin(new(2, IsLast: false));
        Assert.Equal(DataStatus.ChunkComplete, decoder.Decode([.. "x\nQUIT\r\n"u8], out _, out var written));
        Assert.Equal((DataStatus.BadLineEnding, 0), (decoder.Content.Verdict, written));
    }

    [Fact]
    public void A_chunk_begins_only_where_one_may()
    {
        var decoder = new ChunkDecoder(long.MaxValue, MaxLine, BareLineEndings.Refuse, isBinary: false);
        decoder.Begin(new(2, IsLast: true));
        Assert.Throws<InvalidOperationException>(() => decoder.Begin(new(1, IsLast: false)));
        Assert.Equal(DataStatus.Complete, decoder.Decode([.. "\r\n"u8], out _, out _));
        Assert.Throws<InvalidOperationException>(() => decoder.Begin(new(0, IsLast: true)));
    }
}
