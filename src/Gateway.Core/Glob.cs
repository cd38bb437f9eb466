namespace Gateway.Core;

/// <summary>
/// A pattern where '*' stands for any run of characters (also none) and '?' for one; all else stands for itself, in any ASCII case.
/// A character is a code point: one beyond U+FFFF is one too, though a string holds it as two.
/// Matching takes time in pattern times text and no memory, whatever the text.
/// </summary>
public sealed record Glob(string Pattern)
{
    public bool Matches(ReadOnlySpan<char> text)
    {
        var (p, t, star, mark) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < Pattern.Length && Pattern[p] == '*')
            {
                (star, mark) = (p++, t);
            }
            else if (p < Pattern.Length && Pattern[p] == '?')
            {
                (p, t) = (p + 1, t + Width(text[t..]));
            }
            else if (p < Pattern.Length && Fold(Pattern[p]) == Fold(text[t]))
            {
                (p, t) = (p + 1, t + 1);
            }
            else if (star >= 0)
            {
                // Only the last star needs another try: the ones before it have already matched as little as they can.
                mark += Width(text[mark..]);
                (p, t) = (star + 1, mark);
            }
            else
            {
                return false;
            }
        }

        while (p < Pattern.Length && Pattern[p] == '*')
        {
            p++;
        }

        return p == Pattern.Length;
    }

    public override string ToString() => Pattern;

    private static int Width(ReadOnlySpan<char> text) => text.Length > 1 && char.IsSurrogatePair(text[0], text[1]) ? 2 : 1;

    private static char Fold(char c) => char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
}
