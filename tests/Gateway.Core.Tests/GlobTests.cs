namespace Gateway.Core.Tests;

public sealed class GlobTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("inv-*", "INV-2026", true)]
    [InlineData("inv-*", "in", false)]
    [InlineData("support*@in.example.com", "support+urgent@in.example.com", true)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("*a*b", "aXbab", true)]
    [InlineData("*a*b", "ba", false)]
    [InlineData("", "x", false)]
    public void Pattern_matches_text(string pattern, string text, bool matches) => Assert.Equal(matches, new Glob(pattern).Matches(text));

    [Fact]
    public void A_pattern_of_many_stars_ends_on_a_long_text() =>
        Assert.False(new Glob(string.Concat(Enumerable.Repeat("a*", 100)) + "b").Matches(new string('a', 20_000)));

    [Fact]
    public void Pattern_matches_as_the_definition_says()
    {
        var random = new Random(20261124);
        var matched = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var pattern = Random(random, ["a", "b", "*", "?", "*", "😀"], 8);
            var text = Random(random, ["a", "b", "A", "B", "😀"], 10);
            var expected = Defined(pattern, text);
            Assert.True(expected == new Glob(pattern).Matches(text), $"'{pattern}' on '{text}': {expected}");
            matched += expected ? 1 : 0;
        }

        Assert.InRange(matched, 1_000, 19_000);
    }

    [Theory]
    [InlineData("Ä", "ä", false)]
    [InlineData("[", "{", false)]
    [InlineData("@", "`", false)]
    [InlineData("a.c", "abc", false)]
    [InlineData("(a+)+$", "aaa", false)]
    [InlineData("?", "\n", true)]
    [InlineData("?", "😀", true)]
    [InlineData("??", "😀", false)]
    [InlineData("*??", "😀", false)]
    [InlineData("*?b", "a😀b", true)]
    [InlineData("?ß*", "größe", false)]
    [InlineData("??ö?e", "größe", true)]
    [InlineData("groeße", "groesse", false)]
    [InlineData("k", "\u212a", false)] // the sign for Kelvin folds to "k" in Unicode
    public void Only_ascii_letters_fold_and_nothing_but_star_and_mark_is_special(string pattern, string text, bool matches) =>
        Assert.Equal(matches, new Glob(pattern).Matches(text));

    private static string Random(Random random, string[] alphabet, int maxLength) =>
        string.Concat(Enumerable.Range(0, random.Next(maxLength + 1)).Select(_ => alphabet[random.Next(alphabet.Length)]));

    private static bool Defined(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        if (pattern.IsEmpty)
        {
            return text.IsEmpty;
        }

        if (pattern[0] == '*')
        {
            return Defined(pattern[1..], text) || (!text.IsEmpty && Defined(pattern, text[Width(text)..]));
        }

        if (pattern[0] == '?')
        {
            return !text.IsEmpty && Defined(pattern[1..], text[Width(text)..]);
        }

        return !text.IsEmpty && char.ToLowerInvariant(pattern[0]) == char.ToLowerInvariant(text[0]) && Defined(pattern[1..], text[1..]);
    }

    private static int Width(ReadOnlySpan<char> text) => char.IsHighSurrogate(text[0]) ? 2 : 1;
}
