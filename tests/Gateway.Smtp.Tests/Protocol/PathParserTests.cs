using System.Text;
using Gateway.Core;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

/// <summary>RFC 5321 sections 4.1.2, 4.1.3 and 4.5.3.1, RFC 6531 section 3.3.</summary>
public sealed class PathParserTests
{
    [Theory]
    [InlineData("<>", "", "")]
    [InlineData("<a@b.example>", "a", "b.example")]
    [InlineData("<Alice.Smith+tag@B.Example>", "Alice.Smith+tag", "b.example")]
    [InlineData("<!#$%&'*+-/=?^_`{|}~@b>", "!#$%&'*+-/=?^_`{|}~", "b")]
    [InlineData("<a%b!c@d>", "a%b!c", "d")]
    [InlineData("<1@2>", "1", "2")]
    [InlineData("<a@1.2.3.4>", "a", "1.2.3.4")] // a domain by the grammar
    [InlineData("<a@b-c.d--e.f---g>", "a", "b-c.d--e.f---g")]
    [InlineData("<\"a b\"@b>", "a b", "b")]
    [InlineData("<\"a\\\"b\\\\c\"@b>", "a\"b\\c", "b")]
    [InlineData("<\"\\a\\ \\@\\~\"@b>", "a @~", "b")]
    [InlineData("<\"@>\"@b>", "@>", "b")]
    [InlineData("<\".a..b.\"@b>", ".a..b.", "b")]
    [InlineData("<\"a,b:c;d<e>f[g](h)\"@b>", "a,b:c;d<e>f[g](h)", "b")]
    [InlineData("<\"\"@b>", "", "b")]
    [InlineData("<@one.example,@two.example:a@b>", "a", "b")]
    [InlineData("<@one.example:\"a:b\"@c>", "a:b", "c")]
    [InlineData("<a@xn--bcher-kva.example>", "a", "xn--bcher-kva.example")]
    [InlineData("  <a@b>", "a", "b")]
    [InlineData("<a@b>  ", "a", "b")]
    [InlineData("a@b", "a", "b")]
    public void Reverse_path_is_read(string text, string local, string domain)
    {
        Assert.True(PathParser.ReversePath(Encoding.ASCII.GetBytes(text), out var parameters, out var needsUtf8).TryGet(out var path, out _));
        Assert.True(parameters.IsEmpty);
        Assert.False(needsUtf8);
        Assert.Equal(local, path.Mailbox?.LocalPart ?? "");
        Assert.Equal(domain, path.Mailbox?.Domain ?? "");
    }

    [Theory]
    [InlineData("<a@b> SIZE=10", "SIZE=10")]
    [InlineData("<a@b>   SIZE=10  BODY=7BIT ", "SIZE=10  BODY=7BIT")]
    [InlineData("<> SIZE=10", "SIZE=10")]
    [InlineData("a@b SIZE=10", "SIZE=10")]
    [InlineData("<\"> \"@b> X", "X")]
    public void Parameters_stand_behind_the_path(string text, string parameters)
    {
        Assert.True(PathParser.ReversePath(Encoding.ASCII.GetBytes(text), out var actual, out _).TryGet(out _, out _));
        Assert.Equal(parameters, Encoding.ASCII.GetString(actual));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("<")]
    [InlineData(">")]
    [InlineData("< >")]
    [InlineData("<<>>")]
    [InlineData("<a")]
    [InlineData("<a>")]
    [InlineData("<a@b")]
    [InlineData("<a@b>x")]
    [InlineData("<a@b>>")]
    [InlineData("<a@>")]
    [InlineData("<@b>")]
    [InlineData("<@>")]
    [InlineData("<@x:>")]
    [InlineData("<@x:@b>")]
    [InlineData("<@x,:a@b>")]
    [InlineData("<@x,y:a@b>")]
    [InlineData("<,@x:a@b>")]
    [InlineData("<@x a@b>")]
    [InlineData("<@:a@b>")]
    [InlineData("<@x_y:a@b>")]
    [InlineData("<@[192.0.2.1]:a@b>")] // At-domain has no address literal
    [InlineData("<:a@b>")]
    [InlineData("<a@b@c>")]
    [InlineData("<.a@b>")]
    [InlineData("<a.@b>")]
    [InlineData("<.@b>")]
    [InlineData("<a..b@c>")]
    [InlineData("<a b@c>")]
    [InlineData("< a@b>")]
    [InlineData("<a @b>")]
    [InlineData("<a@ b>")]
    [InlineData("<a@b >")]
    [InlineData("<a(b)@c>")]
    [InlineData("<a,b@c>")]
    [InlineData("<a:b@c>")]
    [InlineData("<a;b@c>")]
    [InlineData("<a\\b@c>")]
    [InlineData("<a[b]@c>")]
    [InlineData("<a\"b\"@c>")]
    [InlineData("<a\u007fb@c>")]
    [InlineData("<a\tb@c>")]
    [InlineData("<a@-b>")]
    [InlineData("<a@b->")]
    [InlineData("<a@b.-c>")]
    [InlineData("<a@b..c>")]
    [InlineData("<a@.b>")]
    [InlineData("<a@b.>")]
    [InlineData("<a@b_c>")]
    [InlineData("<a@b c>")]
    [InlineData("<a@xn--->")]
    [InlineData("<a@xn--0>")]
    [InlineData("<\"a@b>")]
    [InlineData("<\"a\\\"@b>")]
    [InlineData("<\"a\"b@c>")]
    [InlineData("<\"a\"\"b\"@c>")]
    [InlineData("<\"a\".b@c>")]
    [InlineData("<\"a\tb\"@c>")]
    [InlineData("<\"a\\\tb\"@c>")]
    [InlineData("<\"a\u007fb\"@c>")]
    [InlineData("<\"a\\\u007fb\"@c>")]
    [InlineData("<\"a\0b\"@c>")]
    [InlineData("<\"a\"@>")]
    [InlineData("<\"a\"@@b>")]
    [InlineData("<a@[1.2.3.4>")]
    [InlineData("<a@1.2.3.4]>")]
    [InlineData("<a@[1.2.3.4]b>")]
    [InlineData("<a@b[1.2.3.4]>")]
    [InlineData("<a@[]>")]
    public void Anything_else_is_refused(string text) => AssertRefused(Encoding.ASCII.GetBytes(text));

    [Theory]
    [InlineData("<postmaster>", true)]
    [InlineData("<PostMaster>", true)]
    [InlineData("postmaster", true)]
    [InlineData("<\"postmaster\">", true)]
    [InlineData("<@x:postmaster>", true)]
    [InlineData("<postmaster@>", false)]
    [InlineData("<abuse>", false)]
    [InlineData("<poſtmaster>", false)]
    [InlineData("<>", false)]
    public void Only_postmaster_needs_no_domain_and_only_as_a_recipient(string text, bool isTaken)
    {
        var octets = Encoding.UTF8.GetBytes(text);
        Assert.Equal(isTaken, PathParser.ForwardPath(octets, out _, out _).TryGet(out _, out _));
        Assert.Equal(text == "<>", PathParser.ReversePath(octets, out _, out _).TryGet(out _, out _));
    }

    [Theory]
    [InlineData("<ü@b>", "ü", "b")]
    [InlineData("<用户@例え.テスト>", "用户", "xn--r8jz45g.xn--zckzah")]
    [InlineData("<a@BÜCHER.example>", "a", "xn--bcher-kva.example")]
    [InlineData("<a@例え。テスト>", "a", "xn--r8jz45g.xn--zckzah")]
    [InlineData("<Ü.😀@b>", "Ü.😀", "b")]
    [InlineData("<u\u0308@b>", "u\u0308", "b")] // no normal form
    [InlineData("<\u00a0\u2028\u202e@b>", "\u00a0\u2028\u202e", "b")]
    [InlineData("<\"ü b\"@b>", "ü b", "b")]
    [InlineData("<\"ü\\\"\"@b>", "ü\"", "b")]
    [InlineData("<@bücher.example:a@b>", "a", "b")]
    [InlineData("ü@b", "ü", "b")]
    public void Octets_above_ascii_are_read_and_told(string text, string local, string domain)
    {
        var octets = Encoding.UTF8.GetBytes(text);
        Assert.True(PathParser.ReversePath([.. octets, .. " SIZE=1"u8], out var parameters, out var needsUtf8).TryGet(out var reversePath, out _));
        Assert.True(needsUtf8);
        Assert.True(parameters.SequenceEqual("SIZE=1"u8));
        Assert.Equal(new Mailbox(local, domain), reversePath.Mailbox);

        Assert.True(PathParser.ForwardPath(octets, out _, out needsUtf8).TryGet(out var forwardPath, out _));
        Assert.True(needsUtf8);
        Assert.Equal(new Mailbox(local, domain), forwardPath.Mailbox);
    }

    [Theory]
    [InlineData("<ü@a_b>")]
    [InlineData("<a@☃>")]
    [InlineData("<a@ü->")]
    [InlineData("<a@[ü]>")]
    [InlineData("<a@[IPv6:ü]>")]
    [InlineData("<a@l·a>")]
    [InlineData("<ü b@c>")]
    [InlineData("<ü..a@c>")]
    [InlineData("<\"\\ü\"@b>")] // quoted-pairSMTP is of ASCII
    [InlineData("<ü\u0080@b>")]
    [InlineData("<\u009f@b>")]
    [InlineData("<\"\u0085\"@b>")]
    [InlineData("<@☃:a@b>")]
    [InlineData("<ü>")]
    [InlineData("<ü")]
    public void Octets_above_ascii_do_not_widen_the_rest_of_the_grammar(string text) => AssertRefused(Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData("fc")] // ISO 8859-1
    [InlineData("c3")] // cut short
    [InlineData("bc")]
    [InlineData("c3bcbc")]
    [InlineData("e4bd")]
    [InlineData("c080")] // overlong: U+0000,
    [InlineData("c1a0")] // U+0060,
    [InlineData("e080af")] // U+002F,
    [InlineData("f08080af")]
    [InlineData("c19f")]
    [InlineData("eda080")] // half of a pair
    [InlineData("edbfbf")]
    [InlineData("eda0bdedb880")] // a pair of halves, CESU-8
    [InlineData("f4908080")] // past U+10FFFF
    [InlineData("f5808080")]
    [InlineData("f8888080")]
    [InlineData("fe")]
    [InlineData("ff")]
    public void What_is_no_utf8_is_refused(string hexadecimal)
    {
        var octets = Convert.FromHexString(hexadecimal);
        foreach (var (before, behind) in ((string, string)[])[("<", "@b>"), ("<a", "a@b>"), ("<\"", "\"@b>"), ("<a@", ">"), ("<a@b", "c>"), ("<@x", ":a@b>"), ("", "@b"), ("<a@[1.2.3.", "]>")])
        {
            AssertRefused([.. Encoding.ASCII.GetBytes(before), .. octets, .. Encoding.ASCII.GetBytes(behind)]);
        }
    }

    [Theory]
    [InlineData(64, 1, true)]
    [InlineData(65, 1, false)]
    [InlineData(64, 189, true)] // 254
    [InlineData(64, 190, false)]
    [InlineData(1, 252, true)]
    [InlineData(1, 253, false)]
    [InlineData(0, 1, false)]
    [InlineData(1, 0, false)]
    public void Local_parts_have_64_octets_and_paths_254(int local, int domain, bool isTaken)
    {
        var name = string.Concat(Enumerable.Repeat("abcdefg.", 40))[..domain];
        name = name.EndsWith('.') ? $"{name[..^1]}a" : name;
        foreach (var text in (string[])[$"<{new string('l', local)}@{name}>", $"<{(local > 1 ? $"\"{new string('l', local - 2)}\"" : new string('l', local))}@{name}>", $"{new string('l', local)}@{name}"])
        {
            Assert.Equal(isTaken, PathParser.ForwardPath(Encoding.ASCII.GetBytes(text), out _, out _).TryGet(out var path, out _));
            Assert.True(path is null || path.ToString().Length <= PathParser.MaxPathOctets);
        }

        // Octets of UTF-8 and not characters: "é" is two of them.
        var accented = new string('é', local / 2) + new string('l', local % 2);
        Assert.Equal(isTaken, PathParser.ForwardPath(Encoding.UTF8.GetBytes($"<{accented}@{name}>"), out _, out _).TryGet(out _, out _));
    }

    [Fact]
    public void Quotes_and_backslashes_count_and_a_source_route_does()
    {
        Assert.True(Takes($"<\"{string.Concat(Enumerable.Repeat("\\\"", 31))}\"@b>")); // 64
        Assert.False(Takes($"<\"{string.Concat(Enumerable.Repeat("\\\"", 31))}x\"@b>"));
        Assert.False(Takes($"<\"{string.Concat(Enumerable.Repeat("\\\"", 32))}\"@b>"));
        var route = $"@{string.Concat(Enumerable.Repeat("abcdefg.", 30))}x:"; // 243
        Assert.True(Takes($"<{route}{new string('l', 9)}@b>")); // 254
        Assert.False(Takes($"<{route}{new string('l', 10)}@b>"));
    }

    [Fact]
    public void A_path_that_a_labels_make_too_long_is_refused()
    {
        var domain = string.Join('.', Enumerable.Repeat("é", 30)); // 2 octets each, 7 as an A-label
        Assert.Equal(239, Idna.ToAscii(domain)!.Length);
        Assert.True(Takes($"<{new string('l', 14)}@{domain}>")); // 254
        Assert.False(Takes($"<{new string('l', 15)}@{domain}>"));
        Assert.False(Takes($"<l@{domain}.é.é>")); // 255
    }

    [Fact]
    public void What_was_read_is_written_so_that_it_reads_the_same()
    {
        foreach (var text in (string[])["a@b", "\"a b\"@b", "\"a\\\"b\\\\\"@b", "\"\"@b", "\"a..b\"@b", "\"\\a\"@b", "a@[192.0.2.1]", "ü@BÜCHER.example", "\"ü 😀\"@b", "postmaster"])
        {
            Assert.True(PathParser.ForwardPath(Encoding.UTF8.GetBytes($"<{text}>"), out _, out _).TryGet(out var path, out _));
            Assert.True(PathParser.ForwardPath(Encoding.UTF8.GetBytes($"<{path}>"), out _, out _).TryGet(out var again, out _));
            Assert.Equal(path, again);
        }
    }

    [Fact]
    public void No_octets_make_it_throw_and_what_it_takes_it_takes_again()
    {
        // An alphabet of what the grammar is made of, so that random octets get past the first.
        byte[][] alphabet =
        [
            .. "<>@@@:,\"\\.[]ab1-IPv6: \0\x7f"u8.ToArray().Select(octet => (byte[])[octet]),
            .. ((string[])["<a@b>", "<\"", "\"@b>", "@[IPv6:", "::", "1.2.3.4", "xn--", "ü", "ß", "例", "😀", "·", "\u200d", "。", "\u0085"]).Select(Encoding.UTF8.GetBytes),
            [0xff], [0xc3], [0x80], [0xed, 0xa0, 0x80],
        ];
        var random = new Random(5321);
        var taken = 0;
        for (var round = 0; round < 100_000; round++)
        {
            byte[] octets = [.. Enumerable.Range(0, random.Next(round % 100 == 0 ? 200 : 14)).SelectMany(_ => alphabet[random.Next(alphabet.Length)])];
            octets = round % 3 == 0 ? [(byte)'<', .. octets, .. "@b>"u8] : octets;
            if (PathParser.ReversePath(octets, out _, out var needsUtf8).TryGet(out var reversePath, out _) && reversePath.Mailbox is not null)
            {
                taken++;
                AssertReads(reversePath.Mailbox, needsUtf8);
            }

            if (PathParser.ForwardPath(octets, out _, out needsUtf8).TryGet(out var forwardPath, out _))
            {
                AssertReads(forwardPath.Mailbox, needsUtf8);
            }

            HeloName.Parse(octets);
            MailParameters.Parse(octets, offersAuth: true);
        }

        Assert.InRange(taken, 1_000, 90_000);
    }

    private static void AssertReads(Mailbox mailbox, bool needsUtf8)
    {
        var text = mailbox.ToString();
        Assert.InRange(Encoding.UTF8.GetByteCount(text), 1, PathParser.MaxPathOctets);
        Assert.All(text, c => Assert.False(char.IsControl(c)));
        Assert.All(mailbox.Domain, c => Assert.InRange(c, '!', '~'));
        Assert.True(needsUtf8 || Ascii.IsValid(text));
        Assert.True(PathParser.ForwardPath(Encoding.UTF8.GetBytes($"<{text}>"), out _, out needsUtf8).TryGet(out var again, out _), text);
        Assert.Equal(mailbox, again.Mailbox);
        Assert.Equal(!Ascii.IsValid(text), needsUtf8);
    }

    private static bool Takes(string text) => PathParser.ForwardPath(Encoding.UTF8.GetBytes(text), out _, out _).TryGet(out _, out _);

    private static void AssertRefused(ReadOnlySpan<byte> octets)
    {
        Assert.False(PathParser.ReversePath(octets, out var parameters, out var needsUtf8).TryGet(out _, out var refusal));
        Assert.Same(Replies.BadReversePath, refusal);
        Assert.False(needsUtf8);
        Assert.True(parameters.IsEmpty);
        Assert.False(PathParser.ForwardPath(octets, out parameters, out needsUtf8).TryGet(out _, out refusal));
        Assert.Same(Replies.BadForwardPath, refusal);
        Assert.False(needsUtf8);
        Assert.True(parameters.IsEmpty);
    }
}
