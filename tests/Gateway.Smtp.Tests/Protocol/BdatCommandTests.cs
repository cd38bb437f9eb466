using System.Text;
using Gateway.Core;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

public sealed class BdatCommandTests
{
    [Theory]
    [InlineData("0", 0, false)]
    [InlineData("0 LAST", 0, true)]
    [InlineData("1000", 1000, false)]
    [InlineData("1000 last", 1000, true)]
    [InlineData("86 LasT", 86, true)]
    [InlineData("007", 7, false)]
    [InlineData("00000000000000000000 LAST", 0, true)]
    [InlineData("9223372036854775807", long.MaxValue, false)]
    [InlineData("9223372036854775808", long.MaxValue, false)]
    [InlineData("18446744073709551616 LAST", long.MaxValue, true)]
    [InlineData("99999999999999999999 LAST", long.MaxValue, true)]
    public void Size_and_end_marker_are_read(string argument, long octets, bool isLast)
    {
        Assert.True(BdatCommand.Parse(Encoding.Latin1.GetBytes(argument)).TryGet(out var command, out _));
        Assert.Equal(new(octets, isLast), command);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("LAST")]
    [InlineData(" LAST")]
    [InlineData("-1")]
    [InlineData("+5")]
    [InlineData("0x10")]
    [InlineData("1e3")]
    [InlineData("1,000")]
    [InlineData("5.0")]
    [InlineData("5LAST")]
    [InlineData("5 LAST x")]
    [InlineData("5 LAST LAST")]
    [InlineData("5 x")]
    [InlineData("5 LASTx")]
    [InlineData("5 LAS")]
    [InlineData("5 6")]
    [InlineData("5  LAST")]
    [InlineData("5\tLAST")]
    [InlineData("5 ")]
    [InlineData("5\0")]
    [InlineData("5\xb2")]
    [InlineData("000000000000000000001")]
    [InlineData("100000000000000000000 LAST")]
    public void Anything_else_ends_the_connection(string argument)
    {
        Assert.False(BdatCommand.Parse(Encoding.Latin1.GetBytes(argument)).TryGet(out _, out var refusal));
        Assert.Same(Replies.BadChunk, refusal);
        Assert.True(refusal.ClosesConnection);
    }
}
