using System.Text;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

public sealed class MailAuthTests
{
    [Theory]
    [InlineData("<>")]
    [InlineData("e+3Dmc2@example.com")] // RFC 4954 section 5
    [InlineData("a")]
    [InlineData("+2B+3D")]
    [InlineData("~!")]
    public void What_the_rfc_has_is_taken(string value) => Assert.True(MailAuth.IsValid(Encoding.Latin1.GetBytes(value)));

    [Theory]
    [InlineData("")]
    [InlineData("e=mc2@example.com")]
    [InlineData("a b")]
    [InlineData("+")]
    [InlineData("+3")]
    [InlineData("a+3d")]
    [InlineData("+3D+")]
    [InlineData("+G0")]
    [InlineData("++3D")]
    [InlineData("a\0")]
    [InlineData("a\x7f")]
    [InlineData("\u00e4")]
    public void Anything_else_is_not(string value) => Assert.False(MailAuth.IsValid(Encoding.Latin1.GetBytes(value)));

    [Fact]
    public void It_ends_somewhere()
    {
        Assert.True(MailAuth.IsValid(Encoding.ASCII.GetBytes(new string('a', 500))));
        Assert.False(MailAuth.IsValid(Encoding.ASCII.GetBytes(new string('a', 501))));
    }
}
