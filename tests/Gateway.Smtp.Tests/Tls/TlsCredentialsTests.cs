using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Core.Ports;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp.Tests.Tls;

public sealed class TlsCredentialsTests
{
    private readonly CapturedLogs _logs = new();
    private readonly ServerCertificate _a = TlsServer.Make("a.example");
    private readonly ServerCertificate _b = TlsServer.Make("b.example");

    [Fact]
    public void Nothing_older_than_1_2_is_offered_nor_a_second_handshake()
    {
        var options = Of(new(_a)).Get()!.For("a.example");
        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, options.EnabledSslProtocols);
        Assert.False(options.AllowRenegotiation);
    }

    [Theory]
    [InlineData(ClientCertificates.Ignore, false, true)]
    [InlineData(ClientCertificates.Request, true, false)]
    public void Clients_are_asked_and_sessions_are_not_kept_or_the_other_way_round(ClientCertificates clientCertificates, bool asks, bool resumes)
    {
        var hosts = new TlsCredentials(() => new(_a), clientCertificates, _logs).Get()!;
        var options = hosts.For(null);
        Assert.Equal((asks, asks, resumes), (hosts.AsksClients, options.ClientCertificateRequired, options.AllowTlsResume));
        Assert.True(options.CertificateChainPolicy!.DisableCertificateDownloads);
        Assert.Equal(X509RevocationMode.NoCheck, options.CertificateChainPolicy.RevocationMode);
    }

    [Fact]
    public void Without_a_certificate_there_is_no_tls()
    {
        var credentials = new TlsCredentials(() => null, ClientCertificates.Ignore, _logs);
        Assert.Null(credentials.Get());
        Assert.False(credentials.IsAvailable);
    }

    [Fact]
    public void A_certificate_that_cannot_be_used_is_no_certificate_and_that_is_told_once()
    {
        var credentials = Of(new(WithoutKey(_a)));
        Assert.Null(credentials.Get());
        Assert.False(credentials.IsAvailable);
        Assert.Contains("a.example", Assert.Single(_logs.Entries).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_cannot_be_used_leaves_the_others_and_its_hosts_get_the_first_of_them()
    {
        var c = TlsServer.Make("c.example");
        var hosts = Of(new(WithoutKey(_a), _b, c)).Get()!;
        Assert.Same(hosts.For("b.example"), hosts.For("a.example"));
        Assert.Same(hosts.For("b.example"), hosts.For(null));
        Assert.NotSame(hosts.For("b.example"), hosts.For("c.example"));
        Assert.Single(_logs.Entries);
    }

    [Fact]
    public void What_did_not_change_keeps_its_context_and_what_did_has_a_new_one()
    {
        var current = new ServerCertificates(_a, _b);
        var credentials = new TlsCredentials(() => current, ClientCertificates.Ignore, _logs);
        var first = credentials.Get()!;
        Assert.Same(first, credentials.Get());
        current = new(TlsServer.Make("a.example"), _b);
        var second = credentials.Get()!;
        Assert.NotSame(first.For("a.example").ServerCertificateContext, second.For("a.example").ServerCertificateContext);
        Assert.Same(first.For("b.example").ServerCertificateContext, second.For("b.example").ServerCertificateContext);
    }

    private static ServerCertificate WithoutKey(ServerCertificate certificate) =>
        new(X509CertificateLoader.LoadCertificate(certificate.Certificate.RawData), [], "bare");

    private TlsCredentials Of(ServerCertificates certificates) => new(() => certificates, ClientCertificates.Ignore, _logs);
}
