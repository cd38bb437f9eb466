using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gateway.Smtp.Protocol;

/// <summary>How far the message has been read.</summary>
public enum DataStatus
{
    NeedMore,
    Complete,

    /// <summary>At its end; it had more octets than the limit.</summary>
    TooLarge,

    /// <summary>At its end; a line was longer than is tolerated.</summary>
    LineTooLong,

    /// <summary>A CR without LF or a LF without CR: nothing after it can be trusted.</summary>
    BadLineEnding,
}

/// <summary>Removes dot-stuffing and finds the end of DATA (RFC 5321 section 4.5.2), in place.</summary>
/// <remarks>
/// Only CRLF ends a line and only CRLF.CRLF ends the message. A bare CR or LF is refused, never repaired: repairing it is how mail is
/// smuggled. What may still turn out either way (a last CR, a dot and CR at the start of a line) is not consumed, so at most two octets
/// are left over and the answer never depends on how the octets were cut into segments.
/// </remarks>
/// <param name="maxOctets">Most octets handed out; the rest is read and dropped so that the dialogue stays in step.</param>
/// <param name="maxLineOctets">Longest line tolerated, CRLF included, the stuffed dot not (RFC 5321 section 4.5.3.1.6 asks for 1,000).</param>
public sealed class DataDecoder(long maxOctets, int maxLineOctets)
{
    /// <summary>The longest line that RFC 5321 section 4.5.3.1.6 allows, CRLF included.</summary>
    public const int StandardLineOctets = 1000;

    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';
    private const byte Dot = (byte)'.';

    private bool _atLineStart = true;
    private int _lineOctets;
    private int _longestLineOctets;

    /// <summary>Octets of the message read so far, handed out or not.</summary>
    public long Octets { get; private set; }

    public bool HasNul { get; private set; }

    public bool HasEightBit { get; private set; }

    /// <summary>A line was longer than the standard's 1,000 octets.</summary>
    public bool HasLongLine => _longestLineOctets > StandardLineOctets;

    /// <summary>Decodes as much as can be told.</summary>
    /// <param name="input">What was received; its first <paramref name="written"/> octets are overwritten with the message's.</param>
    /// <param name="consumed">Octets that are done with. Hand the rest in again with more behind it.</param>
    /// <param name="written">Octets of the message, 0 once it is past the limit.</param>
    public DataStatus Decode(Span<byte> input, out int consumed, out int written)
    {
        var status = DataStatus.NeedMore;
        (consumed, written) = (0, 0);
        while (consumed < input.Length)
        {
            if (_atLineStart && input[consumed] == Dot)
            {
                status = AtDot(input[consumed..]);
                if (status != DataStatus.NeedMore || !IsStuffed(input[consumed..]))
                {
                    break;
                }

                consumed++;
                _atLineStart = false;
            }

            var run = Scan(input[consumed..], out var isBad);
            if (consumed != written)
            {
                input.Slice(consumed, run).CopyTo(input[written..]);
            }

            consumed += run;
            written += run;
            Octets += run;
            if (isBad)
            {
                status = DataStatus.BadLineEnding;
                break;
            }

            if (run == 0 || !_atLineStart)
            {
                break; // at the end, or at a last CR
            }
        }

        if (Octets > maxOctets)
        {
            written = 0;
        }

        if (status == DataStatus.Complete)
        {
            consumed += 3;
            return Octets > maxOctets ? DataStatus.TooLarge : _longestLineOctets > maxLineOctets ? DataStatus.LineTooLong : status;
        }

        return status;
    }

    private static DataStatus AtDot(ReadOnlySpan<byte> input)
    {
        if (input.Length < 3 || input[1] != Cr)
        {
            return DataStatus.NeedMore;
        }

        return input[2] == Lf ? DataStatus.Complete : DataStatus.BadLineEnding;
    }

    private static bool IsStuffed(ReadOnlySpan<byte> input) => input.Length > 1 && input[1] != Cr;

    /// <summary>Length of the text up to a dot at the start of a line, a bad line ending, or a last CR.</summary>
    private int Scan(ReadOnlySpan<byte> text, out bool isBad)
    {
        var lineStart = -_lineOctets;
        var end = 0;
        isBad = false;
        while (end < text.Length)
        {
            if (end > 0)
            {
                end = ScanVectors(text, end, ref lineStart);
            }

            // One step by hand: for the first octet, at whatever stopped the vectors, and for the tail.
            var stop = Math.Min(text.Length, end + Vector256<byte>.Count);
            while (end < stop && !IsStop(text, end, ref isBad))
            {
                Note(text[end]);
                if (text[end++] == Lf)
                {
                    EndLine(end, ref lineStart);
                }
            }

            if (end < stop)
            {
                break;
            }
        }

        _lineOctets = end - lineStart;
        _longestLineOctets = Math.Max(_longestLineOctets, _lineOctets);
        _atLineStart = end == 0 ? _atLineStart : text[end - 1] == Lf;
        return end;
    }

    private static bool IsStop(ReadOnlySpan<byte> text, int at, ref bool isBad)
    {
        switch (text[at])
        {
            case Lf:
                isBad = at == 0 || text[at - 1] != Cr;
                return isBad;
            case Cr:
                isBad = at + 1 < text.Length && text[at + 1] != Lf;
                return isBad || at + 1 == text.Length;
            case Dot:
                return at > 0 && text[at - 1] == Lf;
            default:
                return false;
        }
    }

    /// <summary>
    /// 32 octets at a step, each beside the one before it: a LF must stand behind each CR and nowhere else, and no dot behind a LF.
    /// Stops at the first step where that is not so.
    /// </summary>
    private int ScanVectors(ReadOnlySpan<byte> text, int from, ref int lineStart)
    {
        ref var origin = ref MemoryMarshal.GetReference(text);
        var (cr, lf, dot) = (Vector256.Create(Cr), Vector256.Create(Lf), Vector256.Create(Dot));
        var (nul, high) = (Vector256<byte>.Zero, Vector256<byte>.Zero);
        var at = from;

        // One octet is kept back, so that a last CR is left to the careful path.
        for (; at + Vector256<byte>.Count < text.Length; at += Vector256<byte>.Count)
        {
            var current = Vector256.LoadUnsafe(ref origin, (nuint)at);
            var before = Vector256.LoadUnsafe(ref origin, (nuint)(at - 1));
            var ends = Vector256.Equals(current, lf);
            var stop = (ends ^ Vector256.Equals(before, cr)) | (Vector256.Equals(current, dot) & Vector256.Equals(before, lf));
            if (stop != Vector256<byte>.Zero)
            {
                break;
            }

            nul |= Vector256.Equals(current, Vector256<byte>.Zero);
            high |= current;
            if (ends.ExtractMostSignificantBits() is var mask and not 0)
            {
                EndLine(at + BitOperations.TrailingZeroCount(mask) + 1, ref lineStart);
                lineStart = at + Vector256<byte>.Count - BitOperations.LeadingZeroCount(mask);
            }
        }

        HasNul |= nul != Vector256<byte>.Zero;
        HasEightBit |= high.ExtractMostSignificantBits() != 0;
        if (at > from && text[at - 1] == Cr && text[at] != Lf)
        {
            at--; // the octet before belongs to the stop; it has been noted, and noting it again changes nothing
        }

        return at;
    }

    private void Note(byte octet)
    {
        HasNul |= octet == 0;
        HasEightBit |= octet >= 0x80;
    }

    private void EndLine(int end, ref int lineStart)
    {
        _longestLineOctets = Math.Max(_longestLineOctets, end - lineStart);
        lineStart = end;
    }
}
