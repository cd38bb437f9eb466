namespace Gateway.Smtp.Protocol;

/// <summary>Follows one message through its chunks (RFC 3030 section 2). There is nothing to remove: what is consumed is the message.</summary>
/// <remarks>
/// Chunks may be cut anywhere, also between CR and LF. Where one ends is known by count alone, so whatever is in it, the dialogue stays in step;
/// what is wrong with the message is said at its end.
/// </remarks>
/// <param name="maxOctets">Most octets of a message; the rest is read and dropped.</param>
/// <param name="maxLineOctets">Longest line tolerated, CRLF included (RFC 5321 section 4.5.3.1.6 asks for 1,000).</param>
/// <param name="bareLineEndings">Whether a bare CR or LF and a NUL are refused.</param>
/// <param name="isBinary">BODY=BINARYMIME: every octet and every line is right, only the size counts.</param>
public sealed class ChunkDecoder(long maxOctets, int maxLineOctets, BareLineEndings bareLineEndings, bool isBinary)
{
    private bool _isLast;

    /// <summary>What was found in the message.</summary>
    public ContentScanner Content { get; } = new(maxOctets, maxLineOctets, bareLineEndings);

    /// <summary>Octets of the present chunk still to come.</summary>
    public long Remaining { get; private set; }

    /// <summary>Goes on with the next chunk. Not in the middle of another, and not after the last.</summary>
    public void Begin(BdatCommand chunk)
    {
        if (Remaining > 0 || _isLast)
        {
            throw new InvalidOperationException(_isLast ? "The message has had its last chunk" : "The chunk before has not ended");
        }

        (Remaining, _isLast) = (chunk.Octets, chunk.IsLast);
    }

    /// <summary>Takes what there is of the present chunk. Call it even when nothing was received: a chunk may have no octets.</summary>
    /// <param name="input">What was received, which is left as it is; what is behind the chunk is not looked at.</param>
    /// <param name="consumed">Octets of the chunk.</param>
    /// <param name="written">Octets at the front of the input that are to be stored: all that were consumed, or 0 from when it is certain that the message will be refused.</param>
    /// <returns>NeedMore within the chunk, ChunkComplete at its end; at the end of the last one what became of the message.</returns>
    public DataStatus Decode(Span<byte> input, out int consumed, out int written)
    {
        consumed = (int)Math.Min(Remaining, input.Length);
        Remaining -= consumed;
        if (isBinary)
        {
            Content.Count(consumed);
        }
        else
        {
            Content.Scan(input[..consumed], stopsAtDots: false);
        }

        var hasEnded = Remaining == 0 && _isLast;
        if (hasEnded)
        {
            Content.End();
        }

        var verdict = Content.Verdict;
        written = verdict == DataStatus.Complete ? consumed : 0;
        return Remaining > 0 ? DataStatus.NeedMore : hasEnded ? verdict : DataStatus.ChunkComplete;
    }
}
