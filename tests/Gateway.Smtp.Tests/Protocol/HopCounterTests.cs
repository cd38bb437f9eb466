using System.Text;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

public sealed class HopCounterTests
{
    [Theory]
    [InlineData("Received: a\r\nreceived: b\r\n\r\nReceived: body\r\n", 2)]
    [InlineData("X-Received: a\r\nReceive: b\r\nReceivedx: c\r\n Received: folded\r\n\tReceived: folded\r\n", 0)]
    [InlineData("\r\nReceived: a\r\n", 0)]
    [InlineData("Subject: x\r\nRECEIVED:\r\n", 1)]
    [InlineData("R\r\nReceived: a", 1)]
    [InlineData("", 0)]
    // White space before the colon (RFC 5322 section 4.5.8), and what only looks so.
    [InlineData("Received : a\r\nRECEIVED \t :b\r\nReceived\t:\r\n", 3)]
    [InlineData("Received x: a\r\nReceived\r\n : b\r\nReceived \r\nReceived\x1a a\r\nRec\x45ived: a\r\n", 1)]
    // A line ends at a LF, whether or not a CR is before it, and nowhere else.
    [InlineData("Received: a\nReceived: b\n\nReceived: body\n", 2)]
    [InlineData("Rec\nReceived: a\r\nReceived\nReceived :a\nReceived \nReceived:a\n", 3)]
    [InlineData("Received: a\rReceived: b\r\rReceived: c\r\nReceived: d", 2)]
    [InlineData("\nReceived: a\n", 0)]
    [InlineData("Received: a\n\r\nReceived: body\n", 1)]
    [InlineData("Received: a\r\n\nReceived: body\n", 1)]
    [InlineData("\rReceived: a\r\nReceived: b\r\n", 1)]
    [InlineData("\r\r\nReceived: b\r\n", 1)]
    [InlineData("Received: a\r\n\0\r\nReceived: b\r\n", 2)]
    public void Fields_of_the_header_are_counted_wherever_the_octets_are_cut(string message, int hops)
    {
        var octets = Encoding.Latin1.GetBytes(message);
        for (var cut = 0; cut <= octets.Length; cut++)
        {
            var counter = new HopCounter();
            counter.Read(octets.AsSpan(0, cut));
            counter.Read(octets.AsSpan(cut));
            Assert.Equal(hops, counter.Hops);
        }
    }

    [Fact]
    public void Random_headers_are_counted_as_line_by_line()
    {
        string[] pieces = ["Received", "received", ":", " ", "\t", "\r\n", "\n", "\r", "x", "R", "\0", "\r\nReceived: a", "\n"];
        var random = new Random(11);
        for (var round = 0; round < 20_000; round++)
        {
            var message = string.Concat(random.GetItems(pieces, random.Next(25)));
            var octets = Encoding.Latin1.GetBytes(message);
            var counter = new HopCounter();
            for (var at = 0; at < octets.Length;)
            {
                var length = random.Next(octets.Length - at + 1);
                counter.Read(octets.AsSpan(at, length));
                at += length;
            }

            var lines = message.Split('\n').Select((line, i) => i == message.Count(c => c == '\n') || !line.EndsWith('\r') ? line : line[..^1]);
            var header = lines.TakeWhile((line, i) => line.Length > 0);
            var wanted = header.Count(line => System.Text.RegularExpressions.Regex.IsMatch(line, "^received[ \t]*:", System.Text.RegularExpressions.RegexOptions.IgnoreCase));
            Assert.True(wanted == counter.Hops, $"{Convert.ToHexString(octets)}: {counter.Hops}, not {wanted}");
        }
    }
}
