using System.Text;
using Gateway.Core;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

public sealed class PathParserTests
{
    [Theory]
    [InlineData("<>", "", "")]
    [InlineData("<a@b.example>", "a", "b.example")]
    [InlineData("<Alice.Smith+tag@B.Example>", "Alice.Smith+tag", "b.example")]
    [InlineData("<!#$%&'*+-/=?^_`{|}~@b>", "!#$%&'*+-/=?^_`{|}~", "b")]
    [InlineData("<\"a b\"@b>", "a b", "b")]
    [InlineData("<\"a\\\"b\\\\c\"@b>", "a\"b\\c", "b")]
    [InlineData("<\"@>\"@b>", "@>", "b")]
    [InlineData("<\"\"@b>", "", "b")]
    [InlineData("<@one.example,@two.example:a@b>", "a", "b")]
    [InlineData("<a@[192.0.2.1]>", "a", "[192.0.2.1]")]
    [InlineData("<a@[ipv6:2001:DB8::0001]>", "a", "[IPv6:2001:db8::1]")]
    [InlineData("<a@[IPv6:::ffff:192.0.2.1]>", "a", "[IPv6:::ffff:192.0.2.1]")]
    [InlineData("<a@xn--bcher-kva.example>", "a", "xn--bcher-kva.example")]
    [InlineData("  <a@b>", "a", "b")]
    [InlineData("a@b", "a", "b")]
    public void Reverse_path_is_read(string text, string local, string domain)
    {
        Assert.True(PathParser.ReversePath(Encoding.ASCII.GetBytes(text), out var parameters).TryGet(out var path, out _));
        Assert.True(parameters.IsEmpty);
        Assert.Equal(local, path.Mailbox?.LocalPart ?? "");
        Assert.Equal(domain, path.Mailbox?.Domain ?? "");
    }

    [Theory]
    [InlineData("<a@b> SIZE=10", "SIZE=10")]
    [InlineData("<a@b>   SIZE=10  BODY=7BIT ", "SIZE=10  BODY=7BIT")]
    [InlineData("a@b SIZE=10", "SIZE=10")]
    [InlineData("<\"> \"@b> X", "X")]
    public void Parameters_stand_behind_the_path(string text, string parameters)
    {
        Assert.True(PathParser.ReversePath(Encoding.ASCII.GetBytes(text), out var actual).TryGet(out _, out _));
        Assert.Equal(parameters, Encoding.ASCII.GetString(actual));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("<")]
    [InlineData(">")]
    [InlineData("<a")]
    [InlineData("<a>")]
    [InlineData("<a@b")]
    [InlineData("<a@b>x")]
    [InlineData("<a@>")]
    [InlineData("<@b>")]
    [InlineData("<@>")]
    [InlineData("<@x:>")]
    [InlineData("<@x,:a@b>")]
    [InlineData("<a@b@c>")]
    [InlineData("<.a@b>")]
    [InlineData("<a.@b>")]
    [InlineData("<a..b@c>")]
    [InlineData("<a b@c>")]
    [InlineData("<a(b)@c>")]
    [InlineData("<a@-b>")]
    [InlineData("<a@b->")]
    [InlineData("<a@b..c>")]
    [InlineData("<a@b.>")]
    [InlineData("<a@b_c>")]
    [InlineData("<a@xn--->")]
    [InlineData("<\"a@b>")]
    [InlineData("<\"a\\\"@b>")]
    [InlineData("<\"a\"b@c>")]
    [InlineData("<a@[1.2.3.4>")]
    [InlineData("<a@1.2.3.4]>")]
    [InlineData("<a@[1.2.3.04]>")]
    [InlineData("<a@[1.2.3.4.5]>")]
    [InlineData("<a@[1.2.3.]>")]
    [InlineData("<a@[0x1.2.3.4]>")]
    [InlineData("<a@[IPv6:1.2.3.4]>")]
    [InlineData("<a@[IPv6:12345::]>")]
    [InlineData("<a@[IPv6:fe80::1%1]>")]
    [InlineData("<a@[IPv6:[::1]]>")]
    [InlineData("<a@[::1]>")]
    [InlineData("<a@[]>")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(PathParser.ReversePath(Encoding.ASCII.GetBytes(text), out _).TryGet(out _, out var refusal));
        Assert.Same(Replies.BadReversePath, refusal);
        Assert.False(PathParser.ForwardPath(Encoding.ASCII.GetBytes(text), out _).TryGet(out _, out refusal));
        Assert.Same(Replies.BadForwardPath, refusal);
    }

    [Theory]
    [InlineData("<postmaster>", true)]
    [InlineData("<PostMaster>", true)]
    [InlineData("<postmaster@>", false)]
    [InlineData("<abuse>", false)]
    [InlineData("<>", false)]
    public void Only_postmaster_needs_no_domain(string text, bool isTaken) =>
        Assert.Equal(isTaken, PathParser.ForwardPath(Encoding.ASCII.GetBytes(text), out _).TryGet(out _, out _));

    [Theory]
    [InlineData("<ü@b>")]
    [InlineData("<a@ü>")]
    [InlineData("<\"ü\"@b>")]
    [InlineData("<ü")]
    public void Octets_above_ascii_are_refused_as_such(string text)
    {
        Assert.False(PathParser.ReversePath(Encoding.UTF8.GetBytes(text), out _).TryGet(out _, out var refusal));
        Assert.Same(Replies.NonAsciiAddress, refusal);
    }

    [Fact]
    public void What_was_read_is_written_so_that_it_reads_the_same()
    {
        foreach (var text in (string[])["a@b", "\"a b\"@b", "\"a\\\"b\\\\\"@b", "\"\"@b", "\"a..b\"@b", "a@[192.0.2.1]"])
        {
            Assert.True(PathParser.ForwardPath(Encoding.ASCII.GetBytes($"<{text}>"), out _).TryGet(out var path, out _));
            Assert.True(PathParser.ForwardPath(Encoding.ASCII.GetBytes($"<{path}>"), out _).TryGet(out var again, out _));
            Assert.Equal(path, again);
        }
    }

    [Fact]
    public void No_octets_make_it_throw()
    {
        // An alphabet of what the grammar is made of, so that random text gets past the first octet.
        var alphabet = Encoding.Latin1.GetBytes("<>@@@:,\"\\.[]ab1IPv6: \0\xff");
        var random = new Random(5321);
        for (var round = 0; round < 50_000; round++)
        {
            var octets = new byte[random.Next(round % 100 == 0 ? 400 : 24)];
            for (var i = 0; i < octets.Length; i++)
            {
                octets[i] = alphabet[random.Next(alphabet.Length)];
            }

            if (PathParser.ReversePath(octets, out _).TryGet(out var path, out _) && path.Mailbox is not null)
            {
                Assert.All(path.ToString(), c => Assert.InRange(c, ' ', '~'));
            }

            PathParser.ForwardPath(octets, out _);
            HeloName.Parse(octets);
            MailParameters.Parse(octets);
        }
    }
}
