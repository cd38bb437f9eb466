namespace Gateway.Core.Tests;

public sealed class GlobSetTests
{
    [Theory]
    [InlineData("mail.example.org", "mail.example.org", true)]
    [InlineData("mail.example.org", "MAIL.Example.ORG", true)]
    [InlineData("mail.example.org", "xmail.example.org", false)]
    [InlineData("*@example.org", "alice@example.org", true)]
    [InlineData("*@example.org", "alice@sub.example.org", false)]
    [InlineData("*@example.org", "example.org", false)]
    [InlineData("*@*.example.org", "alice@a.b.example.org", true)]
    [InlineData("*@*.example.org", "alice@example.org", false)]
    [InlineData("news*", "NEWSLETTER", true)]
    [InlineData("*dyn*", "host-dyn-1.example", true)]
    [InlineData("*dyn*", "host-1.example", false)]
    [InlineData("?", "", false)]
    [InlineData("*", "", true)]
    [InlineData("\u017f.example", "s.example", false)]
    [InlineData("\u212a.example", "k.example", false)]
    [InlineData("ä.example", "Ä.example", false)]
    public void Pattern_matches_text(string pattern, string text, bool matches)
    {
        Assert.Equal(matches, Of(pattern).Matches(text));
        Assert.Equal(matches, Of("a.example", pattern, "z*z", "longer-than-every-text-of-this-test.example").Matches(text));
    }

    [Fact]
    public void None_match_nothing()
    {
        Assert.True(GlobSet.Empty.IsEmpty);
        Assert.False(GlobSet.Empty.Matches(""));
        Assert.False(GlobSet.Empty.Matches("x"));
    }

    [Fact]
    public void Patterns_are_kept_as_they_were_given() =>
        Assert.Equal(["b", "*", "B", "a*"], Of("b", "*", "B", "a*").Patterns.Select(pattern => pattern.Pattern));

    [Fact]
    public void A_set_matches_what_one_of_its_patterns_matches()
    {
        var random = new Random(2142);
        var matched = 0;
        for (var round = 0; round < 5_000; round++)
        {
            string[] patterns = [.. Enumerable.Range(0, random.Next(8)).Select(_ => Random(random, "abB*?", 7))];
            var text = Random(random, "abAB", 7);
            var expected = patterns.Any(pattern => new Glob(pattern).Matches(text));
            Assert.True(expected == Of(patterns).Matches(text), $"'{string.Join("' '", patterns)}' on '{text}': {expected}");
            matched += expected ? 1 : 0;
        }

        Assert.InRange(matched, 500, 4_500);
    }

    private static GlobSet Of(params string[] patterns) => new([.. patterns.Select(pattern => new Glob(pattern))]);

    private static string Random(Random random, string alphabet, int maxLength) =>
        string.Concat(Enumerable.Range(0, random.Next(maxLength + 1)).Select(_ => alphabet[random.Next(alphabet.Length)]));
}
