namespace Gateway.Smtp.Protocol;

/// <summary>Removes dot-stuffing and finds the end of DATA (RFC 5321 section 4.5.2), in place.</summary>
/// <remarks>
/// Only CRLF ends a line and only CRLF.CRLF ends the message, whatever is done with a bare CR or LF. Refused or stored as it is, it is never
/// repaired: repairing it is how mail is smuggled. A dot at the start of a line, alone or with a CR, may still turn out either way and is not
/// consumed, so at most two octets are left over and the answer never depends on how the octets were cut into segments.
/// </remarks>
/// <param name="maxOctets">Most octets of a message; the rest is read and dropped so that the dialogue stays in step.</param>
/// <param name="maxLineOctets">Longest line tolerated, CRLF included, the stuffed dot not (RFC 5321 section 4.5.3.1.6 asks for 1,000).</param>
/// <param name="bareLineEndings">Whether a bare CR or LF and a NUL are refused.</param>
public sealed class DataDecoder(long maxOctets, int maxLineOctets, BareLineEndings bareLineEndings)
{
    private enum Dot
    {
        Undecided,
        EndsMessage,
        IsStuffed,
    }

    /// <summary>What was found in the message.</summary>
    public ContentScanner Content { get; } = new(maxOctets, maxLineOctets, bareLineEndings);

    /// <summary>Decodes as much as can be told.</summary>
    /// <param name="input">What was received; its first <paramref name="written"/> octets are overwritten with the message's.</param>
    /// <param name="consumed">Octets that are done with. Hand the rest in again with more behind it.</param>
    /// <param name="written">Octets of the message; 0 from when it is certain that it will be refused.</param>
    /// <returns>Anything but NeedMore is the end; ChunkComplete never.</returns>
    public DataStatus Decode(Span<byte> input, out int consumed, out int written)
    {
        (consumed, written) = (0, 0);
        var dot = Dot.IsStuffed;
        while (consumed < input.Length)
        {
            if (Content.IsAtLineStart && input[consumed] == '.')
            {
                dot = Judge(input[consumed..]);
                if (dot != Dot.IsStuffed)
                {
                    break;
                }

                consumed++;
            }

            var run = Content.Scan(input[consumed..], stopsAtDots: true);
            if (consumed != written)
            {
                input.Slice(consumed, run).CopyTo(input[written..]);
            }

            consumed += run;
            written += run;
        }

        var verdict = Content.Verdict;
        written = verdict == DataStatus.Complete ? written : 0;
        if (Content.IsLineEndingRefused)
        {
            return DataStatus.BadLineEnding;
        }

        if (dot != Dot.EndsMessage)
        {
            return DataStatus.NeedMore;
        }

        consumed += 3;
        return verdict;
    }

    /// <summary>A dot at the start of a line ends the message if CRLF follows, and else is no part of it.</summary>
    private static Dot Judge(ReadOnlySpan<byte> line)
    {
        if (line.Length == 1 || (line.Length == 2 && line[1] == '\r'))
        {
            return Dot.Undecided;
        }

        return line[1] == '\r' && line[2] == '\n' ? Dot.EndsMessage : Dot.IsStuffed;
    }
}
