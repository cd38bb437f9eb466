namespace Gateway.Azure.Intake;

/// <summary>Octets in pieces of one size, so that what grows is never copied. Written by one caller at a time.</summary>
internal sealed class Segments
{
    private readonly List<byte[]> _segments = [];

    public int Count => _segments.Count;

    public int Octets { get; private set; }

    /// <summary>How many octets can be appended before the next segment is needed.</summary>
    public int Room => (_segments.Count * SegmentBudget.SegmentOctets) - Octets;

    public void Add(byte[] segment) => _segments.Add(segment);

    /// <summary>Copies what has room; returns how much that was.</summary>
    public int Append(ReadOnlySpan<byte> octets)
    {
        var copied = Math.Min(octets.Length, Room);
        if (copied > 0)
        {
            octets[..copied].CopyTo(_segments[^1].AsSpan(Octets % SegmentBudget.SegmentOctets));
            Octets += copied;
        }

        return copied;
    }

    /// <summary>Copies octets from <paramref name="position"/> on, up to the end of the segment; returns how many.</summary>
    public int Read(int position, Span<byte> target)
    {
        var (index, offset) = Math.DivRem(position, SegmentBudget.SegmentOctets);
        var length = Math.Min(Math.Min(target.Length, Octets - position), SegmentBudget.SegmentOctets - offset);
        if (length <= 0)
        {
            return 0;
        }

        _segments[index].AsSpan(offset, length).CopyTo(target);
        return length;
    }

    /// <summary>Takes all segments out; nothing may read afterwards.</summary>
    public byte[][] Clear()
    {
        byte[][] segments = [.. _segments];
        _segments.Clear();
        Octets = 0;
        return segments;
    }
}
