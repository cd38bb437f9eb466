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
}
