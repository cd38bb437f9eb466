using System.Text;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

public sealed class CommandLineTests
{
    private const int Max = 20;

    public static TheoryData<string, string> Inputs() => new()
    {
        { "NOOP\r\n", nameof(LineStatus.Complete) },
        { "\r\n", nameof(LineStatus.Complete) },
        { "NOOP\r\nQUIT\r\n", nameof(LineStatus.Complete) },
        { "NOOP 6789012345678\r\n", nameof(LineStatus.Complete) }, // 20 octets
        { "NOOP 67890123456789\r\n", nameof(LineStatus.TooLong) },
        { "NOOP 67890123456789\n", nameof(LineStatus.BadLineEnding) },
        { "\n", nameof(LineStatus.BadLineEnding) },
        { "NOOP\rQUIT\r\n", nameof(LineStatus.BadLineEnding) },
        { "NOOP\r\r\n", nameof(LineStatus.BadLineEnding) },
        { "NOOP 1234567890123456789\r\n", nameof(LineStatus.TooLong) },
        { "NOOP 1234567890123456789\n", nameof(LineStatus.TooLong) },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public void No_prefix_is_taken_and_the_first_answer_is_final(string text, string status)
    {
        var input = Encoding.ASCII.GetBytes(text);
        var wanted = Enum.Parse<LineStatus>(status);
        Assert.Equal(wanted, CommandLine.TryTake(input, Max, out var line, out var consumed));
        Assert.Equal(wanted == LineStatus.Complete ? line.Length + 2 : 0, consumed);
        for (var length = 0; length < input.Length; length++)
        {
            var early = CommandLine.TryTake(input.AsSpan(0, length), Max, out var none, out var nothing);
            Assert.True(early == wanted || early == LineStatus.NeedMore, $"{length} octets: {early}");
            Assert.True(early == LineStatus.Complete || (none.IsEmpty && nothing == 0));
        }
    }

    [Theory]
    [InlineData("MAIL FROM:<a@b>", Verb.Mail, "FROM:<a@b>")]
    [InlineData("mail  FROM:<a@b>  ", Verb.Mail, "FROM:<a@b>")]
    [InlineData("StartTLS", Verb.StartTls, "")]
    [InlineData("DATA ", Verb.Data, "")]
    [InlineData("BDAT 5 LAST", Verb.Bdat, "5 LAST")]
    [InlineData("MAILX", Verb.Unknown, "")]
    [InlineData("", Verb.Unknown, "")]
    [InlineData(" NOOP", Verb.Unknown, "NOOP")]
    public void A_line_is_split_into_verb_and_argument(string line, Verb verb, string argument)
    {
        Assert.Equal(verb, CommandLine.Split(Encoding.ASCII.GetBytes(line), out var actual));
        Assert.Equal(argument, Encoding.ASCII.GetString(actual));
    }

    [Fact]
    public void Skipping_ends_behind_the_crlf_only()
    {
        Assert.Equal(LineStatus.NeedMore, CommandLine.Skip("xxx\r"u8, out var consumed));
        Assert.Equal(3, consumed);
        Assert.Equal(LineStatus.Complete, CommandLine.Skip("\r\nNOOP"u8, out consumed));
        Assert.Equal(2, consumed);
        Assert.Equal(LineStatus.BadLineEnding, CommandLine.Skip("x\n"u8, out consumed));
        Assert.Equal(2, consumed);
        Assert.Equal(LineStatus.BadLineEnding, CommandLine.Skip("x\nNOOP"u8, out _));
        Assert.Equal(LineStatus.BadLineEnding, CommandLine.Skip("x\rNOOP"u8, out _));
    }
}
