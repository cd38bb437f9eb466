using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Core.Events;
using Gateway.Core.Ports;

namespace Gateway.Smtp.Tests.Tls;

/// <summary>A real server whose certificates the test chooses, and may replace while it runs.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private TestServer? _server;
    private volatile ServerCertificates _certificates;

    private TlsServer(ServerCertificates certificates) => _certificates = certificates;

    public MemoryIntake Intake => _server!.Intake;

    public CapturedLogs Logs { get; } = new();

    public IPEndPoint Endpoint => _server!.Endpoint;

    /// <summary>The facts of the message that came last.</summary>
    public TlsFacts? Facts => Intake.Committed.Last().Event.Tls;

    public static async Task<TlsServer> StartAsync(ClientCertificates clientCertificates, params ServerCertificate[] certificates)
    {
        var server = new TlsServer(new([.. certificates]));
        server._server = await TestServer.StartAsync(
            options => options.ClientCertificates = clientCertificates, loggers: server.Logs, certificates: () => server._certificates);
        return server;
    }

    public static Task<TlsServer> StartAsync(params ServerCertificate[] certificates) => StartAsync(ClientCertificates.Ignore, certificates);

    public void Replace(params ServerCertificate[] certificates) => _certificates = new([.. certificates]);

    /// <summary>Greeting, STARTTLS, handshake.</summary>
    public async Task<TestClient> ConnectAsync(SslClientAuthenticationOptions options)
    {
        var client = await BeginTlsAsync();
        Assert.True(await client.HandshakeAsync(options));
        return client;
    }

    public Task<TestClient> ConnectAsync(string serverName) => ConnectAsync(new SslClientAuthenticationOptions { TargetHost = serverName });

    /// <summary>Greeting and 220 to STARTTLS.</summary>
    public async Task<TestClient> BeginTlsAsync()
    {
        var client = await TestClient.ConnectAsync(Endpoint);
        await client.GreetAsync();
        Assert.StartsWith("220 2.0.0 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
        return client;
    }

    /// <summary>Sends a message over a connection that is in TLS.</summary>
    public static async Task MailAsync(TestClient client)
    {
        Assert.StartsWith("250-", await client.AskAsync("EHLO client.example"), StringComparison.Ordinal);
        await client.MailToDataAsync();
        Assert.StartsWith("250 ", await client.AskAsync("x\r\n."), StringComparison.Ordinal);
    }

    public static ServerCertificate Make(params string[] hosts) => Make(hosts, extension: null);

    /// <param name="hosts">The first is the common name too.</param>
    /// <param name="extension">One more; null: none.</param>
    public static ServerCertificate Make(string[] hosts, X509Extension? extension)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={hosts[0]}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        Array.ForEach(hosts, names.AddDnsName);
        request.CertificateExtensions.Add(names.Build());
        if (extension is not null)
        {
            request.CertificateExtensions.Add(extension);
        }

        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return new(certificate, [], certificate.Thumbprint);
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();
}
