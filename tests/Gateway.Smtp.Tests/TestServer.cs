using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Core.Admission;
using Gateway.Core.Configuration;
using Gateway.Core.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Smtp.Tests;

/// <summary>A real server on a loopback socket, with Core's admission over a parsed document and the intake in memory.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private const string Document = """
        {
          "version": 1,
          "domains": [
            { "name": "example.net", "recipients": ["user", "u*", "*quoted*"], "defer": ["moving", "old-*"], "subaddressing": true },
            { "name": "plain.example", "recipients": ["user", "inv-*", "x+y"], "defer": ["moving"] },
            { "name": "away.example", "defer": ["*"] },
            { "name": "secure.example", "requireTls": true },
            { "name": "testserver" }
          ],
          // Everybody is allowed but who calls itself a name in .invalid: theirs are the dialogues in which somebody is denied.
          "policies": {
            "access": {
              "deny": { "helo": ["*.denied.invalid"], "senders": ["*@denied.example", "<>"] },
              "allow": { "helo": ["*.example", "*.example.*", "localhost*", "[*", "?"], "senders": ["friend@*"] }
            }
          },
          "routes": [{ "id": "rest", "priority": 99, "match": {}, "actions": [{ "store": {} }] }]
        }
        """;

    private static readonly Lazy<ServerCertificate> Certificate = new(CreateCertificate);
    private static readonly Lazy<ServerCertificates> Certificates = new(() => new(Certificate.Value));

    private TestServer(SmtpServer server, MemoryIntake intake) => (Server, Intake) = (server, intake);

    public static ServerCertificate ServerCertificate => Certificate.Value;

    /// <summary>The certificate without its private key.</summary>
    public static byte[] PublicCertificate => Certificate.Value.Certificate.RawData;

    public SmtpServer Server { get; }

    public MemoryIntake Intake { get; }

    public static async Task<TestServer> StartAsync(
        Action<SmtpOptions>? configure = null,
        IAdmission? admission = null,
        TimeProvider? clock = null,
        bool withCertificate = true,
        ILoggerFactory? loggers = null,
        IPEndPoint? endpoint = null,
        SmtpMetrics? metrics = null,
        ClientIpOptions? clientIp = null,
        IReadOnlyList<SmtpListener>? listeners = null,
        LimitOptions? limits = null,
        LiveConfiguration? configuration = null,
        Func<ServerCertificates?>? certificates = null)
    {
        var options = new SmtpOptions { Hostname = "mx.example.net" };
        configure?.Invoke(options);
        var intake = new MemoryIntake();
        var live = configuration ?? Live();
        var server = new SmtpServer(
            options,
            clientIp ?? new(),
            limits ?? new(),
            admission ?? new ConfigurationAdmission(live),
            live,
            intake,
            certificates ?? (() => withCertificate ? Certificates.Value : null),
            clock ?? TimeProvider.System,
            loggers ?? NullLoggerFactory.Instance,
            metrics ?? new SmtpMetrics(new Meters()));
        server.Start(listeners ?? [new(ListenerKind.Mx, endpoint ?? new(IPAddress.Loopback, 0))]);
        return new(server, intake);
    }

    public static LiveConfiguration Live()
    {
        var result = ConfigurationDocument.Parse(Encoding.UTF8.GetBytes(Document));
        Assert.Empty(result.Errors);
        var live = new LiveConfiguration();
        live.Replace(result.Configuration!);
        return live;
    }

    /// <summary>Where its first listener is.</summary>
    public IPEndPoint Endpoint => Server.Listeners[0].Endpoint;

    public Task<TestClient> ConnectAsync() => TestClient.ConnectAsync(Endpoint);

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private static ServerCertificate CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mx.example.net", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return new(request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1)), [], "1");
    }

    internal sealed class Meters : IMeterFactory
    {
        public Meter? Last { get; private set; }

        public Meter Create(MeterOptions options) => Last = new(options);

        /// <summary>Each count of an instrument, with the value of its only tag.</summary>
        public void Listen(string name, Action<long, string?> counted)
        {
            var listener = new MeterListener
            {
                InstrumentPublished = (instrument, listening) =>
                {
                    if (instrument.Meter == Last && instrument.Name == name)
                    {
                        listening.EnableMeasurementEvents(instrument);
                    }
                },
            };
            listener.SetMeasurementEventCallback<long>((_, count, tags, _) => counted(count, tags[0].Value as string));
            listener.Start();
        }

        public void Dispose() => Last?.Dispose();
    }
}
