using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.EndToEnd.Tests.Serving.Telemetry;

/// <summary>Something that was posted.</summary>
internal sealed record Posted(string Path, string Authorization, byte[] Body);

/// <summary>
/// Stands where telemetry goes: a collector that speaks OTLP in plain text; over TLS, with a certificate of its own, Application Insights; and
/// the identity endpoint that gives a Functions app its tokens.
/// </summary>
internal sealed class Collector : IAsyncDisposable
{
    public const string Token = "token-of-the-platform";

    private readonly WebApplication _app;
    private readonly TestDirectory _directory = new();
    private readonly X509Certificate2 _certificate;

    private Collector()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        _certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        _directory.Write("certificate.pem", _certificate.ExportCertificatePem());

        var builder = LoopbackServer.CreateBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_certificate)));
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    public ConcurrentQueue<Posted> All { get; } = new();

    /// <summary>Plain text.</summary>
    public string Url => Addresses.First();

    /// <summary>TLS, for who trusts <see cref="CertificatePath"/>.</summary>
    public string SecureUrl => Addresses.Last();

    /// <summary>For files of whoever sends here.</summary>
    public string Directory => _directory.Path;

    public string CertificatePath => _directory.File("certificate.pem");

    /// <summary>What sends a process's telemetry here: spans and logs soon, metrics each minute, and all that is left when the process ends in order.</summary>
    public IReadOnlyDictionary<string, string> OtlpSettings => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Url,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
    };

    public IReadOnlyList<OtlpSpan> Spans => Of("/v1/traces", Otlp.Spans);

    public IReadOnlyList<OtlpLog> Logs => Of("/v1/logs", Otlp.Logs);

    public IReadOnlyList<OtlpPoint> Points => Of("/v1/metrics", Otlp.Points);

    private IEnumerable<string> Addresses => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;

    public static async Task<Collector> StartAsync()
    {
        var collector = new Collector();
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>Nothing that was posted has this in it, in whatever form it was.</summary>
    public void AssertNowhere(string text)
    {
        var octets = Encoding.UTF8.GetBytes(text);
        Assert.DoesNotContain(All, posted => posted.Body.AsSpan().IndexOf(octets) >= 0);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _certificate.Dispose();
        _directory.Dispose();
    }

    private List<T> Of<T>(string path, Func<byte[], IEnumerable<T>> read) => [.. All.Where(posted => posted.Path == path).SelectMany(posted => read(posted.Body))];

    private async Task TakeAsync(HttpContext http)
    {
        if (http.Request.Path == "/msi/token")
        {
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync($$"""{"access_token":"{{Token}}","expires_on":"{{TimeProvider.System.GetUtcNow().AddDays(1).ToUnixTimeSeconds()}}","resource":"https://monitor.azure.com","token_type":"Bearer"}""");
            return;
        }

        var body = new MemoryStream();
        var zipped = http.Request.Headers.ContentEncoding == "gzip";
        await using var sent = zipped ? new GZipStream(http.Request.Body, CompressionMode.Decompress) : http.Request.Body;
        await sent.CopyToAsync(body, http.RequestAborted);
        All.Enqueue(new(http.Request.Path.ToString(), http.Request.Headers.Authorization.ToString(), body.ToArray()));
        if (http.Request.Path.ToString().EndsWith("/track", StringComparison.Ordinal))
        {
            http.Response.ContentType = "application/json";
            var items = Encoding.UTF8.GetString(body.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
            await http.Response.WriteAsync($$"""{"itemsReceived":{{items}},"itemsAccepted":{{items}},"errors":[]}""");
        }
    }
}
