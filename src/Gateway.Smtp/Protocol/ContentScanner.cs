using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gateway.Smtp.Protocol;

/// <summary>Looks at the octets of one message as they stream by, for DATA and for BDAT: how many, how long the lines, what should not be there.</summary>
/// <remarks>Only CRLF ends a line. What is found never depends on how the octets were cut into segments.</remarks>
/// <param name="maxOctets">Most octets of a message.</param>
/// <param name="maxLineOctets">Longest line tolerated, CRLF included; 32 at least (RFC 5321 section 4.5.3.1.6 asks for 1,000).</param>
/// <param name="bareLineEndings">Whether a bare CR or LF and a NUL speak against the message.</param>
public sealed class ContentScanner(long maxOctets, int maxLineOctets, BareLineEndings bareLineEndings)
{
    /// <summary>The longest line that RFC 5321 section 4.5.3.1.6 allows, CRLF included.</summary>
    public const int StandardLineOctets = 1000;

    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';
    private const byte Dot = (byte)'.';

    private Place _place = Place.LineStart;
    private long _lineStart; // in octets of the message
    private long _longestEndedLine;

    private enum Place
    {
        LineStart,
        Text,
        AfterCr,
    }

    /// <summary>Octets of the message so far, past the limit too.</summary>
    public long Octets { get; private set; }

    public bool HasNul { get; private set; }

    public bool HasEightBit { get; private set; }

    /// <summary>A CR without LF or a LF without CR. A CR is not bare while its LF may still come.</summary>
    public bool HasBareLineEnding { get; private set; }

    /// <summary>A line was longer than the standard's 1,000 octets.</summary>
    public bool HasLongLine => LongestLine > StandardLineOctets;

    /// <summary>The message has ended, and not with CRLF. Only BDAT can end so; a message of no octets does not.</summary>
    public bool HasUnendedLine { get; private set; }

    /// <summary>What speaks against the message as far as it was read; Complete when nothing does.</summary>
    public DataStatus Verdict
    {
        get
        {
            if (Octets > maxOctets)
            {
                return DataStatus.TooLarge;
            }

            if (LongestLine > maxLineOctets)
            {
                return DataStatus.LineTooLong;
            }

            if (bareLineEndings == BareLineEndings.Accept)
            {
                return DataStatus.Complete;
            }

            return HasBareLineEnding ? DataStatus.BadLineEnding : HasNul ? DataStatus.ContainsNul : DataStatus.Complete;
        }
    }

    /// <summary>There is a bare CR or LF, and it is not accepted.</summary>
    internal bool IsLineEndingRefused => HasBareLineEnding && bareLineEndings == BareLineEndings.Refuse;

    internal bool IsAtLineStart => _place == Place.LineStart;

    private long LongestLine => Math.Max(_longestEndedLine, Octets - _lineStart);

    /// <summary>Counts octets that may be anything (BODY=BINARYMIME).</summary>
    internal void Count(int octets)
    {
        Octets += octets;
        _lineStart = Octets;
    }

    /// <summary>Looks at the next octets of the message.</summary>
    /// <param name="text">The octets.</param>
    /// <param name="stopsAtDots">Stop before a dot that begins a line, unless it is the first octet here: that one the caller has judged.</param>
    /// <returns>Octets looked at: all, or those before the dot.</returns>
    internal int Scan(ReadOnlySpan<byte> text, bool stopsAtDots)
    {
        var at = 0;
        while (at < text.Length)
        {
            // By hand: the first octet, whose neighbour may be in another segment, then whatever stopped the vectors, and the tail.
            var until = at == 0 ? 1 : Math.Min(text.Length, at + Vector256<byte>.Count);
            for (; at < until; at++)
            {
                if (stopsAtDots && at > 0 && text[at] == Dot && IsAtLineStart)
                {
                    return at;
                }

                Take(text[at]);
            }

            at = ScanVectors(text, at, stopsAtDots);
        }

        return at;
    }

    /// <summary>The message has ended. A last CR is bare now.</summary>
    internal void End()
    {
        HasBareLineEnding |= _place == Place.AfterCr;
        HasUnendedLine = !IsAtLineStart;
    }

    private void Take(byte octet)
    {
        Octets++;
        HasNul |= octet == 0;
        HasEightBit |= octet >= 0x80;
        HasBareLineEnding |= _place == Place.AfterCr != (octet == Lf);
        if (_place == Place.AfterCr && octet == Lf)
        {
            EndLine(Octets);
            _place = Place.LineStart;
        }
        else
        {
            _place = octet == Cr ? Place.AfterCr : Place.Text;
        }
    }

    private void EndLine(long end)
    {
        _longestEndedLine = Math.Max(_longestEndedLine, end - _lineStart);
        _lineStart = end;
    }

    /// <summary>32 octets at a step, each beside the one before it. Stops where a dot follows a LF, if dots matter.</summary>
    private int ScanVectors(ReadOnlySpan<byte> text, int from, bool stopsAtDots)
    {
        ref var origin = ref MemoryMarshal.GetReference(text);
        var (cr, lf, dot) = (Vector256.Create(Cr), Vector256.Create(Lf), Vector256.Create(Dot));
        var (least, high, bare) = (Vector256<byte>.AllBitsSet, Vector256<byte>.Zero, Vector256<byte>.Zero);
        var last = text.Length - Vector256<byte>.Count;
        var dotMask = stopsAtDots ? Vector256<byte>.AllBitsSet : Vector256<byte>.Zero;
        var before = Octets - from; // octets of the message before this text
        var at = from;
        for (; at <= last; at += Vector256<byte>.Count)
        {
            var current = Vector256.LoadUnsafe(ref origin, (nuint)at);
            var previous = Vector256.LoadUnsafe(ref origin, (nuint)(at - 1));
            var feeds = Vector256.Equals(current, lf);
            var due = Vector256.Equals(previous, cr); // where a LF has to be
            if ((Vector256.Equals(current, dot) & Vector256.Equals(previous, lf) & dotMask) != Vector256<byte>.Zero)
            {
                break;
            }

            bare |= feeds ^ due;
            least = Vector256.Min(least, current);
            high |= current;
            if ((feeds & due).ExtractMostSignificantBits() is var ends and not 0)
            {
                // Lines that begin and end within these 32 are too short to matter.
                EndLine(before + at + BitOperations.TrailingZeroCount(ends) + 1);
                _lineStart = before + at + Vector256<byte>.Count - BitOperations.LeadingZeroCount(ends);
            }
        }

        if (at > from)
        {
            Octets = before + at;
            HasNul |= Vector256.EqualsAny(least, Vector256<byte>.Zero);
            HasEightBit |= high.ExtractMostSignificantBits() != 0;
            HasBareLineEnding |= bare != Vector256<byte>.Zero;
            _place = text[at - 1] == Cr ? Place.AfterCr : text[at - 1] == Lf && text[at - 2] == Cr ? Place.LineStart : Place.Text;
        }

        return at;
    }
}
