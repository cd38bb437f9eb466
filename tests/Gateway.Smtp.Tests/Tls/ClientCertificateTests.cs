using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Core.Events;

namespace Gateway.Smtp.Tests.Tls;

/// <summary>What a client offers is recorded, never required and never refused.</summary>
public sealed class ClientCertificateTests
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task What_is_offered_is_in_the_event(SslProtocols protocol)
    {
        await using var server = await TlsServer.StartAsync(ClientCertificates.Request, TlsServer.Make("a.example"));
        using var certificate = Make("CN=mail.client.example, O=Jörg \\ Söhne");
        await using var client = await server.ConnectAsync(With(certificate, protocol));
        await TlsServer.MailAsync(client);
        Assert.Equal(
            new ClientCertificate(
                Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)),
                @"CN=mail.client.example, O=J\C3\B6rg \5C S\C3\B6hne",
                @"CN=mail.client.example, O=J\C3\B6rg \5C S\C3\B6hne",
                new DateTimeOffset(certificate.NotAfter).ToUniversalTime(),
                Trusted: false),
            server.Facts!.ClientCertificate);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task None_is_as_good(SslProtocols protocol)
    {
        await using var server = await TlsServer.StartAsync(ClientCertificates.Request, TlsServer.Make("a.example"));
        await using var client = await server.ConnectAsync(new SslClientAuthenticationOptions { TargetHost = "a.example", EnabledSslProtocols = protocol });
        await TlsServer.MailAsync(client);
        Assert.Null(server.Facts!.ClientCertificate);
    }

    [Fact]
    public async Task One_that_has_ended_is_recorded_and_not_refused()
    {
        await using var server = await TlsServer.StartAsync(ClientCertificates.Request, TlsServer.Make("a.example"));
        using var certificate = Make("CN=ended.example", notAfter: Now.AddDays(-1));
        await using var client = await server.ConnectAsync(With(certificate));
        await TlsServer.MailAsync(client);
        Assert.Equal(("CN=ended.example", false), (server.Facts!.ClientCertificate!.Subject, server.Facts.ClientCertificate.Trusted));
    }

    [Fact]
    public async Task A_client_that_is_not_asked_offers_none()
    {
        await using var server = await TlsServer.StartAsync(TlsServer.Make("a.example"));
        using var certificate = Make("CN=mail.client.example");
        await using var client = await server.ConnectAsync(With(certificate));
        await TlsServer.MailAsync(client);
        Assert.Null(server.Facts!.ClientCertificate);
        Assert.NotEmpty(server.Facts.Version);
    }

    [Theory]
    [InlineData(60_000, true)]
    [InlineData(110_000, false)] // OpenSSL's limit is 102,400
    public async Task What_a_client_may_send_is_limited(int octets, bool isTaken)
    {
        await using var server = await TlsServer.StartAsync(ClientCertificates.Request, TlsServer.Make("a.example"));
        using var certificate = Make("CN=big.example", new X509Extension("2.999", new byte[octets], critical: false));
        await using var client = await server.BeginTlsAsync();

        // With 1.2 the client's handshake ends after the server's, so it learns of the refusal.
        Assert.Equal(isTaken, await client.HandshakeAsync(With(certificate, SslProtocols.Tls12)));
        await using var next = await server.ConnectAsync("a.example");
        await TlsServer.MailAsync(next);
        Assert.DoesNotContain(server.Logs.Entries, entry => entry.Error is not null);
    }

    [Fact]
    public async Task What_a_client_sends_makes_nobody_connect_to_anywhere()
    {
        using var elsewhere = new TcpListener(IPAddress.Loopback, 0);
        elsewhere.Start();
        var place = $"http://127.0.0.1:{((IPEndPoint)elsewhere.LocalEndpoint).Port}/issuer.crt";
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issuer = new CertificateRequest("CN=issuer", issuerKey, HashAlgorithmName.SHA256).CreateSelfSigned(Now.AddDays(-2), Now.AddDays(2));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=lured.example", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(ocspUris: [place], caIssuersUris: [place]));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([place]));
        using var bare = request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), Now.AddDays(-1), Now.AddDays(1), [1]);
        using var certificate = Usable(bare.CopyWithPrivateKey(key));

        await using var server = await TlsServer.StartAsync(ClientCertificates.Request, TlsServer.Make("a.example"));
        await using (var client = await server.ConnectAsync(With(certificate)))
        {
            await TlsServer.MailAsync(client);
        }

        Assert.Equal("CN=issuer", server.Facts!.ClientCertificate!.Issuer);
        Assert.False(elsewhere.Pending());

        // The lure is a good one: who follows it comes.
        var caught = elsewhere.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        var building = Task.Factory.StartNew(() => chain.Build(bare), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        (await caught).Dispose();
        elsewhere.Stop();
        Assert.False(await building);
    }

    [Theory]
    [InlineData("plain, O=\"a\" +b", "plain, O=\"a\" +b")]
    [InlineData("a\\b", "a\\5Cb")]
    [InlineData("\r\n\0\t\u007f", "\\0D\\0A\\00\\09\\7F")]
    [InlineData("ü€😀", "\\C3\\BC\\E2\\82\\AC\\F0\\9F\\98\\80")]
    [InlineData("", "")]
    public void A_name_is_printable(string name, string expected) => Assert.Equal(expected, Smtp.Transport.ClientCertificateReading.Printable(name));

    [Fact]
    public void A_name_has_256_characters_at_most_and_ends_between_two()
    {
        Assert.Equal(new('a', 256), Smtp.Transport.ClientCertificateReading.Printable(new('a', 257)));
        Assert.Equal(new string('a', 251), Smtp.Transport.ClientCertificateReading.Printable($"{new string('a', 251)}üa"));
        Assert.Equal($"{new string('a', 250)}\\C3\\BC", Smtp.Transport.ClientCertificateReading.Printable($"{new string('a', 250)}üa"));
        Assert.Equal("\\EF\\BF\\BD", Smtp.Transport.ClientCertificateReading.Printable("\ud800"));
    }

    [Fact]
    public void A_name_that_is_too_long_is_not_decoded()
    {
        // 100 attributes of 64 characters each.
        var builder = new X500DistinguishedNameBuilder();
        for (var i = 0; i < 100; i++)
        {
            builder.AddOrganizationalUnitName(new string('o', 64));
        }

        using var certificate = Make(builder.Build());
        Assert.Equal(("", ""), (Read(certificate)!.Subject, Read(certificate)!.Issuer));
    }

    // What OpenSSL takes all the same, as commonName: two strings that are no PrintableString, an IA5String of CRLF, a TeletexString. What it does not take gets no session.
    [Theory]
    [InlineData("300D310B300906035504031302FFFE", "")]
    [InlineData("300C310A30080603550403130100", "")]
    [InlineData("300D310B3009060355040316020D0A", "CN=\"\\0D\\0A\"")]
    [InlineData("300D310B300906035504031402FFFE", "CN=\\C3\\BF\\C3\\BE")]
    public async Task A_name_that_is_malformed_is_none_and_the_rest_is_recorded(string name, string expected)
    {
        await using var server = await TlsServer.StartAsync(ClientCertificates.Request, TlsServer.Make("a.example"));
        using var certificate = Make(new X500DistinguishedName(Convert.FromHexString(name)));
        await using var client = await server.ConnectAsync(With(certificate));
        await TlsServer.MailAsync(client);
        var recorded = server.Facts!.ClientCertificate!;
        Assert.Equal((expected, expected, 64), (recorded.Subject, recorded.Issuer, recorded.Sha256.Length));
    }

    [Theory]
    [InlineData(true, 1, null, true)]
    [InlineData(true, 1, ServerAuthentication, true)] // public authorities no longer issue for clients
    [InlineData(true, -1, null, false)]
    [InlineData(false, 1, null, false)]
    public void It_is_trusted_where_it_leads_to_a_root_of_the_system_and_is_valid_now(bool isRootKnown, int daysLeft, string? usage, bool isTrusted)
    {
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuing = new CertificateRequest("CN=root", issuerKey, HashAlgorithmName.SHA256);
        issuing.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var issuer = issuing.CreateSelfSigned(Now.AddDays(-9), Now.AddDays(9));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
        if (usage is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        }

        using var certificate = request.Create(issuer, Now.AddDays(-8), Now.AddDays(daysLeft), [1]);
        using var chain = new X509Chain { ChainPolicy = Smtp.Transport.ClientCertificateReading.Policy() };
        Assert.Equal(X509ChainTrustMode.System, chain.ChainPolicy.TrustMode);
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust; // the system's roots stand in for themselves
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2")); // clientAuth, as SslStream adds it
        if (isRootKnown)
        {
            chain.ChainPolicy.CustomTrustStore.Add(issuer);
        }

        chain.Build(certificate);
        Assert.Equal(isTrusted, Smtp.Transport.ClientCertificateReading.Read(certificate, chain)!.Trusted);
    }

    [Fact]
    public void Without_a_chain_it_is_not_trusted()
    {
        using var certificate = Make("CN=alone");
        Assert.False(Read(certificate)!.Trusted);
    }

    private static ClientCertificate? Read(X509Certificate2 certificate) => Smtp.Transport.ClientCertificateReading.Read(certificate, chain: null);

    private static SslClientAuthenticationOptions With(X509Certificate2 certificate, SslProtocols protocol = SslProtocols.None) => new()
    {
        TargetHost = "a.example",
        EnabledSslProtocols = protocol,
        ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
    };

    private static X509Certificate2 Make(string subject, X509Extension? extension = null, DateTimeOffset? notAfter = null) =>
        Make(new X500DistinguishedName(subject), extension, notAfter);

    private static X509Certificate2 Make(X500DistinguishedName subject, X509Extension? extension = null, DateTimeOffset? notAfter = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (extension is not null)
        {
            request.CertificateExtensions.Add(extension);
        }

        return Usable(request.CreateSelfSigned(Now.AddDays(-30), notAfter ?? Now.AddDays(30)));
    }

    private static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
        }
    }
}
