namespace Gateway.Core.Tests;

public sealed class DomainNameTests
{
    private static readonly string Label63 = new('a', 63);

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("EXAMPLE.com", true)]
    [InlineData("localhost", true)]
    [InlineData("a", true)]
    [InlineData("xn--bcher-kva.example", true)]
    [InlineData("1.2.3.4", true)]
    [InlineData("a--b.example", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("example.com.", false)]
    [InlineData(".example.com", false)]
    [InlineData("a..b", false)]
    [InlineData("-a.example", false)]
    [InlineData("a-.example", false)]
    [InlineData("-", false)]
    [InlineData("a_b.example", false)]
    [InlineData("a b", false)]
    [InlineData("bücher.example", false)]
    [InlineData("example.com\n", false)]
    [InlineData("a\0b", false)]
    [InlineData("[192.0.2.1]", false)]
    public void Form_of_a_domain_name(string name, bool valid) => Assert.Equal(valid, DomainName.IsValid(name));

    [Fact]
    public void Labels_and_names_have_a_greatest_length()
    {
        Assert.True(DomainName.IsValid($"{Label63}.example"));
        Assert.False(DomainName.IsValid($"{Label63}a.example"));
        var longest = $"{Label63}.{Label63}.{Label63}.{new string('a', 61)}";
        Assert.Equal(DomainName.MaxOctets, longest.Length);
        Assert.True(DomainName.IsValid(longest));
        Assert.False(DomainName.IsValid($"{longest}a"));
    }
}
