using System.Net.Security;
using System.Security.Authentication;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp.Tests.Tls;

/// <summary>SNI: a certificate for each host, and the name in the event.</summary>
public sealed class ServerNameTests
{
    [Theory]
    [InlineData("a.example", "a.example", "a.example")]
    [InlineData("MX.B.Example", "b.example", "mx.b.example")]
    [InlineData("any.b.example", "b.example", "any.b.example")]
    [InlineData("münchen.example", "xn--mnchen-3ya.example", "xn--mnchen-3ya.example")]
    [InlineData("unknown.example", "a.example", "unknown.example")]
    [InlineData("not_a_name", "a.example", null)]
    [InlineData("", "a.example", null)]
    public async Task Each_host_has_its_certificate_and_the_event_says_which_was_asked_for(string asked, string shown, string? told)
    {
        await using var server = await TlsServer.StartAsync(
            TlsServer.Make("a.example"), TlsServer.Make("b.example", "mx.b.example", "*.b.example"), TlsServer.Make("xn--mnchen-3ya.example"));
        foreach (var protocol in (SslProtocols[])[SslProtocols.Tls12, SslProtocols.Tls13])
        {
            await using var client = await server.ConnectAsync(new SslClientAuthenticationOptions { TargetHost = asked, EnabledSslProtocols = protocol });
            Assert.Equal($"CN={shown}", client.Tls!.RemoteCertificate!.Subject);
            await TlsServer.MailAsync(client);
            Assert.Equal(told, server.Facts!.ServerName);
            Assert.Equal(protocol == SslProtocols.Tls13 ? "TLSv1.3" : "TLSv1.2", server.Facts.Version);
            Assert.Equal(client.Tls.NegotiatedCipherSuite.ToString(), server.Facts.Cipher);
        }
    }

    [Theory]
    [InlineData("MX.Example.Net", "mx.example.net")]
    [InlineData("bücher.example", "xn--bcher-kva.example")]
    [InlineData("straße.example", "xn--strae-oqa.example")]
    [InlineData("a..example", null)]
    [InlineData(".", null)]
    [InlineData("a.example.", null)]
    [InlineData("a b.example", null)]
    [InlineData("a.example\r\nX: y", null)]
    [InlineData("ü..example", null)]
    [InlineData("[192.0.2.1]", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_name_is_a_domain_name_or_nothing(string? text, string? expected) => Assert.Equal(expected, ServerName.Read(text));

    [Fact]
    public void A_name_of_any_length_is_read_in_no_time()
    {
        Assert.Null(ServerName.Read(new string('a', 65_535)));
        Assert.Null(ServerName.Read(new string('ü', 65_535)));
        Assert.Null(ServerName.Read($"{new string('ü', 200)}.example"));
    }
}
