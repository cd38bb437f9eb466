using System.Globalization;
using System.Text;

namespace Gateway.Core.Tests;

public sealed class PunycodeTests
{
    // RFC 3492 section 7.1, in lower case.
    [Theory]
    [InlineData("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn")]
    [InlineData("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye")]
    [InlineData("למההםפשוטלאמדבריםעברית", "4dbcagdahymbxekheh6e0a7fei0b")]
    [InlineData("なぜみんな日本語を話してくれないのか", "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa")]
    [InlineData("세계의모든사람들이한국어를이해한다면얼마나좋을까", "989aomsvi5e83db1d2a355cv1e0vak1dwrv93d5xbh15a0dt30a5jpsd879ccm6fea98c")]
    [InlineData("почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l")]
    [InlineData("tạisaohọkhôngthểchỉnóitiếngviệt", "tisaohkhngthchnitingvit-kjcr8268qyxafd2f1b9g")]
    [InlineData("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b")]
    [InlineData("安室奈美恵-with-super-monkeys", "-with-super-monkeys-pc58ag80a8qai00g7n9n")]
    [InlineData("hello-another-way-それぞれの場所", "hello-another-way--fc4qua05auwb3674vfr0b")]
    [InlineData("ひとつ屋根の下2", "2-u9tlzr9756bt3uc0v")]
    [InlineData("パフィーdeルンバ", "de-jg4avhby1noc0d")]
    [InlineData("そのスピードで", "d9juau41awczczp")]
    public void Samples_of_the_standard(string text, string punycode)
    {
        Assert.Equal(punycode, Encode(text));
        Assert.Equal(text, Decode(punycode));
    }

    [Fact]
    public void Random_labels_are_written_as_the_base_library_does_and_read_back()
    {
        var random = new Random(3492);
        var idn = new IdnMapping { AllowUnassigned = true };
        for (var round = 0; round < 20_000; round++)
        {
            // Of scripts written from left to right and without case, for which the base library without ICU is right.
            var text = new StringBuilder();
            for (var length = random.Next(1, 14); length > 0; length--)
            {
                text.Append(random.Next(4) switch
                {
                    0 => new Rune(random.Next('a', 'z' + 1)),
                    1 => new Rune(random.Next(0x4e00, 0xa000)),
                    2 => new Rune(random.Next(0x20000, 0x2a6e0)),
                    _ => new Rune(random.Next(0x3041, 0x3097)),
                });
            }

            var label = text.Append('ん').ToString();
            Assert.Equal(idn.GetAscii(label), $"xn--{Encode(label)}");
            Assert.Equal(label, Decode(Encode(label)!));
        }
    }

    [Fact]
    public void Whatever_is_read_is_made_of_scalar_values_and_written_the_same()
    {
        var random = new Random(34920);
        Span<int> points = stackalloc int[63];
        Span<char> again = stackalloc char[80];
        var read = 0;
        for (var round = 0; round < 100_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => "abcxyz0189-"[random.Next(11)]));
            var count = Punycode.Decode(text, points);
            if (count == 0)
            {
                continue;
            }

            read++;
            foreach (var point in points[..count])
            {
                Assert.True(Rune.IsValid(point));
            }

            Assert.Equal(text, new string(again[..Punycode.Encode(points[..count], again)]));
        }

        Assert.InRange(read, 1_000, 99_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("abc-")]
    [InlineData("-kva")]
    [InlineData("bcher-k")] // a number that does not end
    [InlineData("bcher-KVA")] // what is compared is in lower case
    [InlineData("bcher-k_a")]
    [InlineData("ü-kva")]
    [InlineData("99999999")]
    [InlineData("99999999999999999999999999999999")]
    public void What_is_no_punycode(string text) => Assert.Null(Decode(text));

    [Fact]
    public void There_is_no_writing_past_the_end()
    {
        Span<int> points = stackalloc int[5];
        Assert.Equal(0, Punycode.Decode("bcher-kva", points));
        Assert.Equal(0, Punycode.Decode("abcdef-kva", points));
        Span<char> text = stackalloc char[9];
        ReadOnlySpan<int> label = ['b', 0xfc, 'c', 'h', 'e', 'r'];
        Assert.Equal(9, Punycode.Encode(label, text));
        for (var length = 0; length < 9; length++)
        {
            Assert.Equal(0, Punycode.Encode(label, text[..length]));
        }
    }

    private static string? Encode(string text)
    {
        Span<char> output = stackalloc char[200];
        var written = Punycode.Encode([.. text.EnumerateRunes().Select(rune => rune.Value)], output);
        return written == 0 ? null : new(output[..written]);
    }

    private static string? Decode(string text)
    {
        Span<int> points = stackalloc int[63];
        var count = Punycode.Decode(text, points);
        return count == 0 ? null : string.Concat(points[..count].ToArray().Select(point => new Rune(point).ToString()));
    }
}
