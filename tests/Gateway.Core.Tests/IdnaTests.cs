using System.Text;

namespace Gateway.Core.Tests;

public sealed class IdnaTests
{
    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("EXAMPLE.Com", "example.com")]
    [InlineData("localhost", "localhost")]
    [InlineData("1.2.3.4", "1.2.3.4")]
    [InlineData("r3---sn-x.example", "r3---sn-x.example")] // hyphens in third and fourth place are of no concern to a host name
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("BÜCHER.Example", "xn--bcher-kva.example")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("XN--BCHER-KVA.example", "xn--bcher-kva.example")]
    [InlineData("faß.de", "xn--fa-hia.de")]
    [InlineData("FAẞ.de", "xn--fa-hia.de")]
    [InlineData("fass.de", "fass.de")]
    [InlineData("ελλάς", "xn--hxarsa0b")]
    [InlineData("ελλάσ", "xn--hxarsa5b")]
    [InlineData("ΕΛΛΆΣ", "xn--hxarsa5b")] // one character to one
    [InlineData("рф", "xn--p1ai")]
    [InlineData("ПРИМЕР.РФ", "xn--e1afmkfd.xn--p1ai")]
    [InlineData("例え.テスト", "xn--r8jz45g.xn--zckzah")]
    [InlineData("例え。テスト", "xn--r8jz45g.xn--zckzah")]
    [InlineData("例え．テスト", "xn--r8jz45g.xn--zckzah")]
    [InlineData("例え｡テスト", "xn--r8jz45g.xn--zckzah")]
    [InlineData("中国", "xn--fiqs8s")]
    [InlineData("한국", "xn--3e0b707e")]
    [InlineData("مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv")]
    [InlineData("דוגמה.טעסט", "xn--6dbbec0c.xn--deba0ad")]
    [InlineData("𠮷野家.example", "xn--fctt27jo60v.example")] // the first is beyond U+FFFF
    [InlineData("𐐨.example", "xn--hj8c.example")]
    [InlineData("𐐀.example", "xn--hj8c.example")] // its capital
    [InlineData("Ꭰ.example", "xn--58d.example")] // Cherokee has its letters among the capitals
    [InlineData("\u212a.example", "k.example")] // the sign for Kelvin
    [InlineData("xn--\u212a.example", null)]
    [InlineData("o\u0323.example", "xn--o-vdb.example")] // decomposed: another name than "ọ"
    [InlineData("ọ.example", "xn--wlg.example")]
    [InlineData("i❤.example", null)]
    [InlineData("😀.example", null)]
    [InlineData("xn--i-7iq.ws", "xn--i-7iq.ws")] // "i❤", registered before IDNA 2008
    [InlineData("xn--e28h.example", "xn--e28h.example")]
    [InlineData("xn--a.example", "xn--a.example")] // a control character: an A-label's encoding counts, not what it says
    public void Names_become_ascii(string name, string? ascii)
    {
        Assert.Equal(ascii, Idna.ToAscii(name));
        if (ascii is not null)
        {
            Assert.True(DomainName.IsValid(ascii));
            Assert.Equal(ascii, Idna.ToAscii(ascii));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("ü.")]
    [InlineData(".ü")]
    [InlineData("ü..example")]
    [InlineData("。")]
    [InlineData("ü。")]
    [InlineData("a_b.ü")]
    [InlineData("a b.ü")]
    [InlineData("-ü")]
    [InlineData("ü-")]
    [InlineData("ab--ü")] // third and fourth place: RFC 5891 section 4.2.3.1
    [InlineData("xn--ü")]
    [InlineData("ü_b")]
    [InlineData("ü b")]
    [InlineData("ü@b")]
    [InlineData("ü:25")]
    [InlineData("ü/b")]
    [InlineData("ü*")]
    [InlineData("*.ü")]
    [InlineData("[ü]")]
    [InlineData("ü\0")]
    [InlineData("ü\r\n")]
    [InlineData("ü\u0085")]
    [InlineData("\u0301a")] // a mark at the beginning: non-spacing,
    [InlineData("\u0903a")] // spacing
    [InlineData("☃")]
    [InlineData("ａ")] // full width: only its stop is mapped
    [InlineData("ﬁ")]
    [InlineData("ü\u00ad")] // soft hyphen
    [InlineData("ü\u200b")]
    [InlineData("ü\ufeff")]
    [InlineData("\u202eü")]
    [InlineData("ü\ufffd")]
    [InlineData("\ud83d")]
    [InlineData("\ude00\ud83d")]
    [InlineData("İ.example")] // its small form is two characters
    [InlineData("xn--")]
    [InlineData("xn---")]
    [InlineData("xn--0")]
    [InlineData("xn--abc-")]
    [InlineData("xn---abc")] // its basic part is empty
    [InlineData("xn--ab_c")]
    [InlineData("xn--99999999")] // past what a code point is
    [InlineData("xn--zzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    public void Anything_else_is_no_name(string name) => Assert.Null(Idna.ToAscii(name));

    [Theory]
    [InlineData("l·l.cat", "xn--ll-0ea.cat")]
    [InlineData("L·L.cat", "xn--ll-0ea.cat")]
    [InlineData("a·l.cat", null)]
    [InlineData("l·a.cat", null)]
    [InlineData("·l.cat", null)]
    [InlineData("l·.cat", null)]
    [InlineData("͵α", "xn--wva4j")]
    [InlineData("͵a", null)]
    [InlineData("α͵", null)]
    [InlineData("א׳", "xn--4db4e")]
    [InlineData("א״", "xn--4db6e")]
    [InlineData("a׳", null)]
    [InlineData("׳א", null)]
    [InlineData("a״", null)]
    [InlineData("ア・", "xn--cckzj")]
    [InlineData("・あ", "xn--l8j3u")]
    [InlineData("漢・", "xn--vek548p")]
    [InlineData("・", null)]
    [InlineData("a・b", null)]
    [InlineData("٠١", "xn--8hbc")]
    [InlineData("۰۱", "xn--dmbc")]
    [InlineData("٠۱", null)]
    [InlineData("۰١", null)]
    public void Some_characters_depend_on_what_is_around_them(string name, string? ascii) => Assert.Equal(ascii, Idna.ToAscii(name));

    [Theory]
    [InlineData("نامه\u200cای.com", "xn--mgba3gch31f060k.com")] // between letters that would join
    [InlineData("ب\u064b\u200c\u064bب", "xn--ngba8ha8704a")] // marks do not count
    [InlineData("ا\u200cب", null)] // alef joins nothing behind it
    [InlineData("ب\u200ca", null)]
    [InlineData("ب\u200c", null)]
    [InlineData("\u200cب", null)]
    [InlineData("a\u200cb", null)]
    [InlineData("क\u094d\u200cष", "xn--11b2ezcs70k")] // behind a virama
    [InlineData("क\u094d\u200dष", "xn--11b2ezcw70k")]
    [InlineData("ශ\u0dca\u200dරී.com", "xn--10cl1a0b660p.com")]
    [InlineData("क\u200dष", null)]
    [InlineData("ب\u200dب", null)]
    [InlineData("\u200dक", null)]
    public void Joiners_stand_where_they_make_a_difference(string name, string? ascii) => Assert.Equal(ascii, Idna.ToAscii(name));

    [Fact]
    public void A_label_has_63_octets_as_an_a_label_and_a_name_253()
    {
        Assert.Equal(63, Idna.ToAscii(new string('ü', 57))!.Length);
        Assert.Null(Idna.ToAscii(new string('ü', 58)));
        Assert.Null(Idna.ToAscii(new string('ü', 100_000)));
        Assert.Null(Idna.ToAscii(new string('a', 64)));

        var label = new string('ü', 57);
        var longest = $"{label}.{label}.{label}.{new string('ü', 55)}";
        Assert.Equal(DomainName.MaxOctets, Idna.ToAscii(longest)!.Length);
        Assert.Null(Idna.ToAscii($"{longest}ü"));
        Assert.Null(Idna.ToAscii($"{label}.{label}.{label}.{label}"));
        Assert.Null(Idna.ToAscii($"{longest}.a"));
        Assert.Null(Idna.ToAscii($"{longest[..^1]}.a"));
        Assert.Null(Idna.ToAscii(string.Concat(Enumerable.Repeat("a.", 100_000))));
    }

    [Fact]
    public void Whatever_comes_there_is_an_answer_that_stays_the_same()
    {
        var random = new Random(5891);
        ReadOnlySpan<int> alphabet = ['a', 'Z', '0', '-', '-', '.', 'ü', 'Ü', 'ß', 'l', 0xb7, 0x3c2, 0x375, 0x5d0, 0x5f3, 0x628, 0x660, 0x6f0, 0x94d, 0x915, 0x200c, 0x200d, 0x3002, 0x30fb, 0x30a2, 0x1f600, 0x20bb7, 0x212a, 0x301, 0xfffd];
        var names = 0;
        for (var round = 0; round < 50_000; round++)
        {
            var text = new StringBuilder(round % 7 == 0 ? "xn--" : "");
            for (var length = random.Next(1, round % 100 == 0 ? 80 : 8); length > 0; length--)
            {
                var point = random.Next(20) == 0 ? random.Next(0x110000) : alphabet[random.Next(alphabet.Length)];
                text.Append(Rune.IsValid(point) ? new Rune(point).ToString() : ((char)point).ToString()); // half of a pair, too
            }

            if (Idna.ToAscii(text.ToString()) is { } ascii)
            {
                names++;
                Assert.True(DomainName.IsValid(ascii), ascii);
                Assert.Equal(ascii, Idna.ToAscii(ascii));
            }
        }

        Assert.InRange(names, 1_000, 49_000);
    }
}
