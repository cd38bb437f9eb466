using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Core.Ports;

namespace Gateway.Smtp.Tests.Tls;

/// <summary>Session tickets (RFC 5077, RFC 8446 section 2.2) and session ids (RFC 5246 section 7.3).</summary>
/// <remarks>
/// The platform keeps one table of contexts for the process, by certificate, and with each 32nd it drops those that no connection uses, with their keys. Other tests
/// here bring that about at any time, so each test holds a connection for what must be kept.
/// </remarks>
public sealed class ResumptionTests : IDisposable
{
    private readonly TestDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_2", "-no_ticket")]
    [InlineData("-tls1_3")]
    public async Task A_session_is_resumed_at_its_host_and_nowhere_else(params string[] arguments)
    {
        OpenSslClient.Require();
        await using var server = await TlsServer.StartAsync(TlsServer.Make("a.example"), TlsServer.Make("b.example"));
        await using var held = await server.ConnectAsync("a.example");
        var client = new OpenSslClient(server.Endpoint);
        Assert.Contains("\nNew, TLSv1.", await client.ConnectAsync(["-servername", "a.example", "-sess_out", _temp.File("a"), .. arguments]), StringComparison.Ordinal);
        Assert.Contains("\nReused, TLSv1.", await client.ConnectAsync(["-servername", "a.example", "-sess_in", _temp.File("a"), .. arguments]), StringComparison.Ordinal);
        var other = await client.ConnectAsync(["-servername", "b.example", "-sess_in", _temp.File("a"), .. arguments]);
        Assert.Contains("\nNew, TLSv1.", other, StringComparison.Ordinal);
        Assert.Contains("subject=CN = b.example", other, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_2", "-no_ticket")]
    [InlineData("-tls1_3")]
    public async Task A_ticket_of_a_certificate_that_is_gone_gets_a_full_handshake_with_the_new_one(params string[] arguments)
    {
        OpenSslClient.Require();
        var (gone, stays, renewed) = (TlsServer.Make("a.example", "gone.example"), TlsServer.Make("b.example"), TlsServer.Make("renewed.example", "a.example"));
        await using var server = await TlsServer.StartAsync(gone, stays);
        await using var held = await server.ConnectAsync("a.example");
        await using var heldToo = await server.ConnectAsync("b.example");
        var client = new OpenSslClient(server.Endpoint);
        foreach (var host in (string[])["a", "b"])
        {
            await client.ConnectAsync(["-servername", $"{host}.example", "-sess_out", _temp.File(host), .. arguments]);
        }

        server.Replace(renewed, stays);
        var first = await client.ConnectAsync(["-servername", "a.example", "-sess_in", _temp.File("a"), .. arguments]);
        Assert.Contains("\nNew, TLSv1.", first, StringComparison.Ordinal);
        Assert.Contains("subject=CN = renewed.example", first, StringComparison.Ordinal);
        var second = await client.ConnectAsync(["-servername", "b.example", "-sess_in", _temp.File("b"), .. arguments]);
        Assert.Contains("\nReused, TLSv1.", second, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_2", "-no_ticket")]
    [InlineData("-tls1_3")]
    public async Task Where_clients_are_asked_for_certificates_nothing_is_kept(params string[] arguments)
    {
        OpenSslClient.Require();
        await using var server = await TlsServer.StartAsync(ClientCertificates.Request, TlsServer.Make("a.example"));
        var client = new OpenSslClient(server.Endpoint);
        await client.ConnectAsync(["-sess_out", _temp.File("a"), .. arguments]);
        var second = await client.ConnectAsync(File.Exists(_temp.File("a")) ? ["-sess_in", _temp.File("a"), .. arguments] : arguments);
        Assert.Contains("\nNew, TLSv1.", second, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, ClientCertificates.Ignore)]
    [InlineData(SslProtocols.Tls13, ClientCertificates.Ignore)]
    [InlineData(SslProtocols.Tls12, ClientCertificates.Request)]
    [InlineData(SslProtocols.Tls13, ClientCertificates.Request)]
    public async Task The_client_of_the_platform_resumes_too(SslProtocols protocol, ClientCertificates clientCertificates)
    {
        // Whether it did is told by what it was sent: a session that is resumed has no certificate in it. The name is new, since sessions are kept by name.
        const int PaddingOctets = 4_000;
        var padded = TlsServer.Make([$"{protocol}-{clientCertificates}.example"], new X509Extension("2.999", new byte[PaddingOctets], critical: false));
        await using var server = await TlsServer.StartAsync(clientCertificates, padded);
        await using var first = await server.BeginTlsAsync();
        await using var second = await server.BeginTlsAsync();
        Assert.InRange(await HandshakeOctetsAsync(first, padded, protocol), PaddingOctets, int.MaxValue);
        Assert.Equal(clientCertificates == ClientCertificates.Ignore, await HandshakeOctetsAsync(second, padded, protocol) < PaddingOctets);
    }

    private static async Task<long> HandshakeOctetsAsync(TestClient client, ServerCertificate certificate, SslProtocols protocol)
    {
        var counter = client.Count();
        Assert.True(await client.HandshakeAsync(new SslClientAuthenticationOptions { TargetHost = certificate.Names()[0], EnabledSslProtocols = protocol }));
        var octets = counter.OctetsRead;
        await TlsServer.MailAsync(client); // the tickets of TLS 1.3 come with it
        return octets;
    }
}
