using System.Text;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

public sealed class ForeignProtocolTests
{
    private const int Seed = 20_261_124;

    [Theory]
    [InlineData("\x16\x03", Foreign.Tls)]
    [InlineData("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", Foreign.Tls)]
    [InlineData("\x16\x03\x01\r\n", Foreign.Tls)]
    [InlineData("GET / HTTP/1.1\r\n", Foreign.Http)]
    [InlineData("GET ", Foreign.Http)]
    [InlineData("get / http/1.0", Foreign.Http)]
    [InlineData("GeT\t/", Foreign.Http)]
    [InlineData("POST /mail HTTP/1.1\r\nHost: mx", Foreign.Http)]
    [InlineData("OPTIONS * HTTP/1.1\r\n", Foreign.Http)]
    [InlineData("OPTIONS sip:nm SIP/2.0\r\n", Foreign.Http)]
    [InlineData("CONNECT mx.example.net:25 HTTP/1.1\r\n", Foreign.Http)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Foreign.Http)]
    [InlineData("PROPFIND /dav HTTP/1.1", Foreign.Http)]
    [InlineData("QUERY / HTTP/1", Foreign.Http)]
    [InlineData("EHLO /x HTTP/1.1", Foreign.Http)]
    [InlineData("  GET / HTTP/1.1", Foreign.Http)]
    [InlineData("\tx  y\thTtP/9", Foreign.Http)]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", Foreign.Http)]
    [InlineData("DESCRIBE rtsp://mx.example.net/ RTSP/1.0\r\n", Foreign.Rtsp)]
    [InlineData("REGISTER sip:mx.example.net SIP/2.0\r\n", Foreign.Sip)]
    [InlineData("INVITE sip:a@mx.example.net sip/2.0", Foreign.Sip)]
    [InlineData("SSH-2.0-OpenSSH_9.9\r\n", Foreign.Ssh)]
    [InlineData("SSH-1.99-x", Foreign.Ssh)]
    [InlineData("ssh-", Foreign.Ssh)]
    public void Other_protocols_are_told(string octets, Foreign foreign) => Assert.Equal(foreign, Recognise(octets));

    [Theory]
    [InlineData("")]
    [InlineData("\x16")]
    [InlineData("\x16\x04\x01")]
    [InlineData("\x15\x03\x01")]
    [InlineData("x\x16\x03")]
    [InlineData("\r\n\x16\x03")]
    [InlineData("EHLO client.example\r\n")]
    [InlineData("EHLO get.example")]
    [InlineData("EHLO HTTP")]
    [InlineData("EHLO HTTP/")]
    [InlineData("EHLO xHTTP/1.1")]
    [InlineData("EHLO HTTP/x")]
    [InlineData("HELO SIP")]
    [InlineData("HELP")]
    [InlineData("HEAD")]
    [InlineData("GETS /")]
    [InlineData("NOOP get / post")]
    [InlineData("MAIL FROM:<get@client.example> SIZE=1")]
    [InlineData("SSH")]
    [InlineData("EHLO SSH-2.0-x")]
    [InlineData("QUIT\r\nGET / HTTP/1.1\r\n")]
    [InlineData("QUIT\nGET / HTTP/1.1")]
    [InlineData("QUIT\rGET / HTTP/1.1")]
    [InlineData("\r\nGET / HTTP/1.1")]
    [InlineData("\xff\xfe\xfd \x00 \x80HTTP/1.1")]
    public void Mail_and_what_is_not_known_is_none_of_them(string octets) => Assert.Equal(Foreign.None, Recognise(octets));

    [Fact]
    public void Nothing_behind_octet_512_is_looked_at()
    {
        Assert.Equal(Foreign.Http, Recognise(new string('x', 504) + " HTTP/1.1"));
        Assert.Equal(Foreign.None, Recognise(new string('x', 506) + " HTTP/1.1"));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    [InlineData("CONNECT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("TRACE")]
    [InlineData("PRI")]
    public void Each_method_of_a_browser_is_known_by_itself(string method) => Assert.Equal(Foreign.Http, Recognise($"{method} /"));

    /// <summary>What was told stays told, so that it is the same however the octets come; and nothing makes it throw.</summary>
    [Fact]
    public void More_octets_never_change_what_was_told()
    {
        var random = new Random(Seed);
        string[] pieces = ["GET", "get", " ", "\t", "HTTP/", "1.1", "SIP/2", "RTSP/1", "SSH-", "\x16", "\x03", "\r", "\n", "EHLO", "x", "\x00", "\xff", "/", "1", new('a', 100)];
        var told = new HashSet<Foreign>();
        for (var i = 0; i < 20_000; i++)
        {
            var octets = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Range(0, random.Next(10)).Select(_ => pieces[random.Next(pieces.Length)])));
            var before = Foreign.None;
            for (var length = 0; length <= octets.Length; length++)
            {
                var now = ForeignProtocol.Recognise(octets.AsSpan(0, length));
                Assert.True(before == Foreign.None || now == before, $"Seed {Seed}, round {i}: {before}, then {now}");
                before = now;
            }

            told.Add(before);
        }

        Assert.Equal(Enum.GetValues<Foreign>().Order(), told.Order());
    }

    private static Foreign Recognise(string octets) => ForeignProtocol.Recognise(Encoding.Latin1.GetBytes(octets));
}
