using System.Text;
using Gateway.Core;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

/// <summary>RFC 1870, RFC 3030, RFC 4954 section 5, RFC 6152, RFC 6531 section 3.4.</summary>
public sealed class MailParametersTests
{
    [Theory]
    [InlineData("", null, BodyType.SevenBit, false)]
    [InlineData("  ", null, BodyType.SevenBit, false)]
    [InlineData("SIZE=0", 0L, BodyType.SevenBit, false)]
    [InlineData("size=1000", 1000L, BodyType.SevenBit, false)]
    [InlineData("SIZE=00000000000000001000", 1000L, BodyType.SevenBit, false)]
    [InlineData("SIZE=99999999999999999999", long.MaxValue, BodyType.SevenBit, false)]
    [InlineData("BODY=7BIT", null, BodyType.SevenBit, false)]
    [InlineData("body=8bitmime", null, BodyType.EightBitMime, false)]
    [InlineData("BODY=BINARYMIME", null, BodyType.BinaryMime, false)]
    [InlineData("SMTPUTF8", null, BodyType.SevenBit, true)]
    [InlineData("smtputf8", null, BodyType.SevenBit, true)]
    [InlineData("SMTPUTF8  BODY=8BITMIME   SIZE=5", 5L, BodyType.EightBitMime, true)]
    public void Parameters_are_read(string text, long? size, BodyType body, bool isUtf8)
    {
        foreach (var offersAuth in (bool[])[true, false])
        {
            Assert.True(MailParameters.Parse(Encoding.ASCII.GetBytes(text), offersAuth).TryGet(out var parameters, out _));
            Assert.Equal(new MailParameters(size, body, isUtf8), parameters);
        }
    }

    [Theory]
    [InlineData("SIZE")]
    [InlineData("SIZE=")]
    [InlineData("SIZE=-1")]
    [InlineData("SIZE=+1")]
    [InlineData("SIZE=1.0")]
    [InlineData("SIZE=1K")]
    [InlineData("SIZE=000000000000000000001")]
    [InlineData("SIZE=1 SIZE=1")]
    [InlineData("SIZE=1=1")]
    [InlineData("BODY")]
    [InlineData("BODY=")]
    [InlineData("BODY=9BIT")]
    [InlineData("BODY=7BIT BODY=7BIT")]
    [InlineData("BODY=7BIT body=8BITMIME")]
    [InlineData("SMTPUTF8=")]
    [InlineData("SMTPUTF8=yes")]
    [InlineData("SMTPUTF8 SMTPUTF8")]
    [InlineData("SMTPUTF8 SIZE=1 smtputf8")]
    [InlineData("=")]
    [InlineData("=1")]
    [InlineData("-X=1")]
    [InlineData("X_Y=1")]
    [InlineData("X:Y")]
    [InlineData("ü")]
    [InlineData("SMTPUTF8 ü=ü")]
    [InlineData("SIZE=１")]
    public void A_bad_value_and_a_keyword_twice_are_syntax_errors(string text) => AssertRefused(Replies.SyntaxError, text, offersAuth: true);

    [Theory]
    [InlineData("FOO")]
    [InlineData("FOO=bar")]
    [InlineData("X-Y=1")]
    [InlineData("1=1")]
    [InlineData("SIZE=1 FOO")]
    [InlineData("RET=FULL")]
    [InlineData("ENVID=x")]
    [InlineData("REQUIRETLS")]
    [InlineData("SIZES=1")]
    [InlineData("SIZ=1")]
    [InlineData("FOO=ü")]
    public void What_is_not_offered_is_told_so(string text)
    {
        AssertRefused(Replies.UnknownParameter, text, offersAuth: true);
        AssertRefused(Replies.UnknownParameter, text, offersAuth: false);
    }

    [Theory]
    [InlineData("AUTH=<>", true)]
    [InlineData("auth=a@b.example", true)]
    [InlineData("AUTH=e+3Dmc2@example.com", true)] // the example of RFC 4954
    [InlineData("AUTH=+22a+20b+22@b.example", true)] // "a b"@b.example
    [InlineData("AUTH=a@[192.0.2.1]", true)]
    [InlineData("AUTH=+2B@b", true)]
    [InlineData("AUTH=<+3E", false)] // "<>" is those two characters
    [InlineData("AUTH=+C3+BC@b.example SMTPUTF8", true)] // ü
    [InlineData("SMTPUTF8 AUTH=a@b+C3+BCcher.example", true)]
    [InlineData("AUTH=+C3+BC@b.example", false)]
    [InlineData("AUTH=+FC@b.example SMTPUTF8", false)]
    [InlineData("AUTH=ü@b.example SMTPUTF8", false)] // xtext is ASCII
    [InlineData("AUTH", false)]
    [InlineData("AUTH=", false)]
    [InlineData("AUTH=<a@b>", false)]
    [InlineData("AUTH=a", false)]
    [InlineData("AUTH=postmaster", false)]
    [InlineData("AUTH=@x:a@b", false)]
    [InlineData("AUTH=a@", false)]
    [InlineData("AUTH=a=b@c", false)]
    [InlineData("AUTH=a+@c", false)]
    [InlineData("AUTH=a+3@c", false)]
    [InlineData("AUTH=a+3d@c", false)] // capitals only
    [InlineData("AUTH=a@c+", false)]
    [InlineData("AUTH=a@c+4", false)]
    [InlineData("AUTH=a+00@c", false)]
    [InlineData("AUTH=a+0D+0A@c", false)]
    [InlineData("AUTH=<> AUTH=<>", false)]
    [InlineData("AUTH=a@b auth=<>", false)]
    public void Auth_is_a_mailbox_in_xtext_where_it_is_offered(string text, bool isTaken)
    {
        if (isTaken)
        {
            Assert.True(MailParameters.Parse(Encoding.UTF8.GetBytes(text), offersAuth: true).TryGet(out _, out _));
        }
        else
        {
            AssertRefused(Replies.SyntaxError, text, offersAuth: true);
        }

        AssertRefused(Replies.UnknownParameter, text, offersAuth: false);
    }

    [Fact]
    public void Auth_has_500_octets()
    {
        var mailbox = $"{string.Concat(Enumerable.Repeat("+41", 64))}@{string.Concat(Enumerable.Repeat("+62+2E", 50))}c"; // 192, 1, 301
        Assert.Equal(494, mailbox.Length);
        Assert.True(MailParameters.Parse(Encoding.ASCII.GetBytes($"AUTH={mailbox}"), offersAuth: true).TryGet(out _, out _));
        var longest = mailbox.Replace("c", "+62+63", StringComparison.Ordinal) + "d";
        Assert.Equal(500, longest.Length);
        Assert.True(MailParameters.Parse(Encoding.ASCII.GetBytes($"AUTH={longest}"), offersAuth: true).TryGet(out _, out _));
        AssertRefused(Replies.SyntaxError, $"AUTH={longest}e", offersAuth: true);
        AssertRefused(Replies.SyntaxError, $"AUTH={new string('+', 100_000)}", offersAuth: true);
    }

    [Fact]
    public void Whatever_comes_there_is_an_answer()
    {
        string[] alphabet = ["SIZE=", "BODY=", "8BITMIME", "SMTPUTF8", "AUTH=", "<>", "a@b", "+3D", "+C3+BC", "+", "=", "1", " ", " ", "ü", "\0", "\"", "X"];
        var random = new Random(4954);
        var taken = 0;
        for (var round = 0; round < 50_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            if (MailParameters.Parse(Encoding.UTF8.GetBytes(text), offersAuth: true).TryGet(out _, out var refusal))
            {
                taken++;
            }
            else
            {
                Assert.True(refusal == Replies.SyntaxError || refusal == Replies.UnknownParameter);
            }
        }

        Assert.InRange(taken, 500, 49_000);
    }

    private static void AssertRefused(Reply reply, string text, bool offersAuth)
    {
        Assert.False(MailParameters.Parse(Encoding.UTF8.GetBytes(text), offersAuth).TryGet(out _, out var refusal));
        Assert.Same(reply, refusal);
    }
}
