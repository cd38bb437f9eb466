using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

/// <summary>Feeds the decoders as a connection does, and holds them to what they promise about each call.</summary>
internal static class Decoding
{
    /// <param name="octets">What comes in.</param>
    /// <param name="cuts">Where it is cut, ascending. What is not consumed stands in front of the next piece.</param>
    /// <param name="limits">For the decoder.</param>
    /// <param name="instead">Is called instead of the decoder, with it; null: the decoder itself.</param>
    public static Decoded Data(byte[] octets, IEnumerable<int> cuts, DecodingLimits limits, Func<DataDecoder, Gateway.Smtp.Decoding>? instead = null)
    {
        var decoder = new DataDecoder(limits.MaxOctets, limits.MaxLine, limits.BareLineEndings);
        var decode = instead?.Invoke(decoder) ?? decoder.Decode;
        var message = new List<byte>();
        var (status, at) = (DataStatus.NeedMore, 0);
        foreach (var end in cuts.Append(octets.Length))
        {
            var input = octets[at..end];
            status = decode(input, out var consumed, out var written);
            Assert.InRange(consumed, 0, input.Length);
            Assert.InRange(written, 0, consumed);
            message.AddRange(input.AsSpan(0, written));
            at += consumed;
            if (status != DataStatus.NeedMore)
            {
                break;
            }

            Assert.InRange(end - at, 0, 2);
        }

        return Decoded.Of(status, at, message, decoder.Content);
    }

    /// <param name="octets">The message.</param>
    /// <param name="chunks">Where it is cut into chunks, ascending.</param>
    /// <param name="segment">How many octets come in at a time, with commands behind the chunk.</param>
    /// <param name="limits">For the decoder.</param>
    /// <param name="isBinary">BODY=BINARYMIME.</param>
    public static Decoded Chunks(byte[] octets, IEnumerable<int> chunks, Func<int> segment, DecodingLimits limits, bool isBinary)
    {
        var decoder = new ChunkDecoder(limits.MaxOctets, limits.MaxLine, limits.BareLineEndings, isBinary);
        var message = new List<byte>();
        var (status, at) = (DataStatus.NeedMore, 0);
        int[] ends = [.. chunks, octets.Length];
        for (var i = 0; i < ends.Length; i++)
        {
            var isLast = i == ends.Length - 1;
            decoder.Begin(new(ends[i] - at, isLast));
            byte[] stream = [.. octets.AsSpan(at..ends[i]), .. "\r\nQUIT\r\n"u8];
            for (var from = 0; ;)
            {
                var input = stream.AsSpan(from..Math.Min(stream.Length, from + segment()));
                status = decoder.Decode(input, out var consumed, out var written);
                Assert.True(written == consumed || written == 0);
                Assert.Equal(ends[i] - at - consumed, decoder.Remaining);
                message.AddRange(input[..written]);
                (from, at) = (from + consumed, at + consumed);
                if (status != DataStatus.NeedMore)
                {
                    break;
                }
            }

            Assert.Equal(ends[i], at);
            Assert.Equal(!isLast, status == DataStatus.ChunkComplete);
        }

        return Decoded.Of(status, at, message, decoder.Content);
    }

    /// <summary>Actual is as wanted. Of a message that will be refused only a beginning need be handed out.</summary>
    public static void Agree(Decoded wanted, Decoded actual, Func<string> about)
    {
        var handedOut = wanted.Verdict == DataStatus.Complete ? wanted.Message.AsSpan() : wanted.Message.AsSpan(0, Math.Min(wanted.Message.Length, actual.Message.Length));
        var agrees = (wanted.Status, wanted.Verdict, wanted.Consumed, wanted.Facts) == (actual.Status, actual.Verdict, actual.Consumed, actual.Facts)
            && handedOut.SequenceEqual(actual.Message);
        Assert.True(agrees, agrees ? "" : $"{about()}: wanted {wanted}, got {actual}");
    }

    /// <summary>The same for DATA, where a bad line ending closes the connection, and nothing behind it need be looked at.</summary>
    public static void AgreeInData(Decoded wanted, Decoded actual, Func<string> about) =>
        Agree(wanted.Status != DataStatus.BadLineEnding ? wanted : actual with { Status = wanted.Status }, actual, about);
}
