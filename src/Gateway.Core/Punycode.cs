namespace Gateway.Core;

/// <summary>Punycode (RFC 3492) of one label, without the "xn--" in front and in lower case.</summary>
/// <remarks>
/// Our own: without ICU the base library's IdnMapping maps no case but ASCII's, refuses names that mix directions, and says no by an exception. Labels are
/// short (63 code points), which is what keeps the numbers below in 32 bits and the time, quadratic in the length, next to nothing.
/// </remarks>
internal static class Punycode
{
    private const int Base = 36;
    private const int FirstBias = 72;
    private const int FirstPoint = 0x80;
    private const int LastPoint = 0x10ffff;

    /// <summary>Writes the label's code points, 63 at most.</summary>
    /// <returns>How many characters were written; 0 when there is no room.</returns>
    public static int Encode(ReadOnlySpan<int> points, Span<char> output)
    {
        var written = 0;
        foreach (var point in points)
        {
            if (point < FirstPoint && !TryAppend((char)point, output, ref written))
            {
                return 0;
            }
        }

        var basic = written;
        if (basic > 0 && !TryAppend('-', output, ref written))
        {
            return 0;
        }

        var (last, delta, bias) = (FirstPoint, 0, FirstBias);
        for (var handled = basic; handled < points.Length; delta++, last++)
        {
            var next = LeastFrom(last, points);
            delta += (next - last) * (handled + 1);
            last = next;
            foreach (var point in points)
            {
                delta += point < last ? 1 : 0;
                if (point != last)
                {
                    continue;
                }

                if (!TryAppendNumber(delta, bias, output, ref written))
                {
                    return 0;
                }

                bias = Adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled++;
            }
        }

        return written;
    }

    /// <summary>
    /// Reads lower-case Punycode back into code points; those are scalar values, and at least one is not ASCII. A text that can be read is the only one for its
    /// code points, so it need not be encoded again to see that it is an A-label's (RFC 5891 section 5.3).
    /// </summary>
    /// <returns>How many there are; 0 when the text is no Punycode, or of more than <paramref name="points"/> has room for.</returns>
    public static int Decode(ReadOnlySpan<char> text, Span<int> points)
    {
        var count = Math.Max(text.LastIndexOf('-'), 0);
        if (count > points.Length || !System.Text.Ascii.IsValid(text[..count]))
        {
            return 0;
        }

        for (var i = 0; i < count; i++)
        {
            points[i] = text[i];
        }

        var rest = text[(count > 0 ? count + 1 : 0)..];
        var (last, at, bias) = (FirstPoint, 0L, FirstBias);
        var isFirst = true;
        while (!rest.IsEmpty)
        {
            if (count == points.Length || !TryTakeNumber(ref rest, bias, out var delta))
            {
                return 0;
            }

            at += delta;
            count++;
            bias = Adapt(delta, count, isFirst);
            var point = last + (at / count);
            if (point is > LastPoint or (>= 0xd800 and <= 0xdfff))
            {
                return 0;
            }

            (last, isFirst) = ((int)point, false);
            var place = (int)(at % count);
            points[place..(count - 1)].CopyTo(points[(place + 1)..]);
            points[place] = last;
            at = place + 1;
        }

        return isFirst ? 0 : count;
    }

    private static int LeastFrom(int least, ReadOnlySpan<int> points)
    {
        var found = int.MaxValue;
        foreach (var point in points)
        {
            found = point >= least ? Math.Min(found, point) : found;
        }

        return found;
    }

    private static bool TryAppend(char c, Span<char> output, ref int written)
    {
        if (written == output.Length)
        {
            return false;
        }

        output[written++] = c;
        return true;
    }

    private static bool TryAppendNumber(int number, int bias, Span<char> output, ref int written)
    {
        for (var k = Base; ; k += Base)
        {
            var threshold = Threshold(k, bias);
            var isLast = number < threshold;
            var digit = isLast ? number : threshold + ((number - threshold) % (Base - threshold));
            if (!TryAppend((char)(digit < 26 ? 'a' + digit : '0' + digit - 26), output, ref written))
            {
                return false;
            }

            if (isLast)
            {
                return true;
            }

            number = (number - threshold) / (Base - threshold);
        }
    }

    /// <summary>False when the number does not end, has no digit where one must be, or is past 31 bits.</summary>
    private static bool TryTakeNumber(ref ReadOnlySpan<char> text, int bias, out int number)
    {
        var (sum, weight) = (0L, 1L);
        number = 0;
        for (var k = Base; !text.IsEmpty; k += Base)
        {
            var digit = text[0] switch
            {
                >= 'a' and <= 'z' => text[0] - 'a',
                >= '0' and <= '9' => text[0] - '0' + 26,
                _ => Base,
            };
            sum += digit * weight;
            if (digit == Base || sum > int.MaxValue)
            {
                return false;
            }

            text = text[1..];
            var threshold = Threshold(k, bias);
            if (digit < threshold)
            {
                number = (int)sum;
                return true;
            }

            weight *= Base - threshold;
            if (weight > int.MaxValue)
            {
                return false;
            }
        }

        return false;
    }

    private static int Threshold(int k, int bias) => Math.Clamp(k - bias, 1, 26);

    private static int Adapt(int delta, int points, bool isFirst)
    {
        delta = isFirst ? delta / 700 : delta / 2;
        delta += delta / points;
        var k = 0;
        for (; delta > (Base - 1) * 26 / 2; k += Base)
        {
            delta /= Base - 1;
        }

        return k + (Base * delta / (delta + 38));
    }
}
