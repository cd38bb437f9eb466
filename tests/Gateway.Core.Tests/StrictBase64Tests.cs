using System.Text;

namespace Gateway.Core.Tests;

public sealed class StrictBase64Tests
{
    // RFC 4648 section 10.
    [Theory]
    [InlineData("", "")]
    [InlineData("Zg==", "f")]
    [InlineData("Zm8=", "fo")]
    [InlineData("Zm9v", "foo")]
    [InlineData("Zm9vYg==", "foob")]
    [InlineData("Zm9vYmE=", "fooba")]
    [InlineData("Zm9vYmFy", "foobar")]
    public void Published_vectors_are_decoded(string text, string plain) => Assert.Equal(plain, Encoding.ASCII.GetString(Decode(text)!));

    [Theory]
    [InlineData("Z")]
    [InlineData("Zg")]
    [InlineData("Zg=")]
    [InlineData("Zg===")]
    [InlineData("=")]
    [InlineData("==")]
    [InlineData("====")]
    [InlineData("Z===")]
    [InlineData("Zh==")] // pad bits
    [InlineData("Zm9=")]
    [InlineData("Zg==Zg==")]
    [InlineData("Z=g=")]
    [InlineData(" Zg==")]
    [InlineData("Zg==\n")]
    [InlineData("Zm 9v===")]
    [InlineData("Zm\t\t\t\t9v")]
    [InlineData("Zm9\0")]
    [InlineData("Zm-_")] // the alphabet of URLs
    [InlineData("Zm9\u00e9")]
    public void Every_other_spelling_is_refused(string text) => Assert.Null(Decode(text));

    [Fact]
    public void Of_all_texts_of_four_only_those_that_would_be_written_are_read()
    {
        const string Letters = "AQgwB/+=";
        var read = 0;
        foreach (var text in from a in Letters from b in Letters from c in Letters from d in Letters select $"{a}{b}{c}{d}")
        {
            if (Decode(text) is { } octets)
            {
                Assert.Equal(text, Convert.ToBase64String(octets));
                read++;
            }
        }

        Assert.InRange(read, 7 * 7 * 7 * 7, 8 * 8 * 8 * 8);
    }

    private static byte[]? Decode(string text) => StrictBase64.TryDecode(Encoding.Latin1.GetBytes(text), out var octets) ? octets : null;
}
