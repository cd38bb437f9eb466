using System.Reflection;
using System.Text;
using Gateway.Core;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

public sealed class ReplyTests
{
    public static IEnumerable<Reply> All => typeof(Replies).GetFields(BindingFlags.Public | BindingFlags.Static).Select(constant => (Reply)constant.GetValue(null)!);

    [Fact]
    public void Enhanced_class_is_the_first_digit_of_the_code()
    {
        Assert.All(All.Where(reply => reply.Code != 354), reply => Assert.Equal(reply.Code / 100, Assert.NotNull(reply.Status).Class));
        Assert.Null(Replies.StartData.Status);
    }

    [Fact]
    public void Every_reply_is_one_short_line_of_printable_ascii() => Assert.All(All, reply =>
    {
        var octets = new byte[ReplyEncoder.MaxOctets(reply)];
        var line = Encoding.ASCII.GetString(octets, 0, ReplyEncoder.Encode(reply, octets));
        Assert.Matches("^[2-5][0-9][0-9] ([245]\\.[0-9]+\\.[0-9]+ )?[ -~]+\r\n$", line);
        Assert.InRange(line.Length, 5, ReplyEncoder.MaxLineOctets);
    });

    [Theory]
    [InlineData("one\ntwo", "550-5.7.1 one\r\n550 5.7.1 two\r\n")]
    [InlineData("", "550 5.7.1 \r\n")]
    [InlineData("a\r\nQUIT\tü", "550-5.7.1 a?\r\n550 5.7.1 QUIT??\r\n")]
    public void The_enhanced_code_stands_on_every_line_and_no_line_can_be_split(string text, string wire)
    {
        var reply = new Reply(550, new(5, 7, 1), text);
        var octets = new byte[ReplyEncoder.MaxOctets(reply)];
        Assert.Equal(wire, Encoding.ASCII.GetString(octets, 0, ReplyEncoder.Encode(reply, octets)));
    }

    [Fact]
    public void A_line_that_is_too_long_is_cut()
    {
        var reply = new Reply(550, new(5, 7, 1), new string('x', 2000) + "\n" + new string('y', 600));
        var octets = new byte[ReplyEncoder.MaxOctets(reply)];
        var lines = Encoding.ASCII.GetString(octets, 0, ReplyEncoder.Encode(reply, octets)).Split("\r\n");
        Assert.Equal([510, 510, 0], lines.Select(line => line.Length));
    }
}
