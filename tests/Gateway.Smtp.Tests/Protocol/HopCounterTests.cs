using System.Text;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

public sealed class HopCounterTests
{
    [Theory]
    [InlineData("Received: a\r\nreceived: b\r\n\r\nReceived: body\r\n", 2)]
    [InlineData("X-Received: a\r\nReceive: b\r\nReceivedx: c\r\n Received: folded\r\n", 0)]
    [InlineData("\r\nReceived: a\r\n", 0)]
    [InlineData("Subject: x\r\nRECEIVED:\r\n", 1)]
    [InlineData("R\r\nReceived: a", 1)]
    public void Fields_of_the_header_are_counted_wherever_the_octets_are_cut(string message, int hops)
    {
        var octets = Encoding.ASCII.GetBytes(message);
        for (var cut = 0; cut <= octets.Length; cut++)
        {
            var counter = new HopCounter();
            counter.Read(octets.AsSpan(0, cut));
            counter.Read(octets.AsSpan(cut));
            Assert.Equal(hops, counter.Hops);
        }
    }
}
