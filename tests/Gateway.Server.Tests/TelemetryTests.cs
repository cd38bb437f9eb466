using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Server.Tests;

/// <summary>Telemetry goes out by OTLP when the environment says where to.</summary>
public sealed class TelemetryTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Traces_metrics_and_logs_reach_a_collector_and_hold_no_secret()
    {
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = await CollectorAsync(received);
        var address = collector.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        await using (var dev = GatewayProcess.Start(
            new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = address, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf" },
            "dev", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", _directory.Data, "--secret", Known.Secret, "--log-level", "information"))
        {
            await dev.OutputLineAsync("Stop it:");
            await GatewayProcess.RunAsync("send", "--server", $"127.0.0.1:{dev.Smtp.Port}");
            await dev.OutputLineAsync("delivered, 200");
            await dev.SignalAsync("TERM");
            Assert.Equal(0, await dev.ExitAsync()); // what is left is sent at the end
        }

        foreach (var (path, word) in ((string, string)[])
            [
                ("/v1/traces", "inspect"), ("/v1/traces", "deliver"), ("/v1/traces", "commit"),
                ("/v1/metrics", "gateway.smtp.replies"), ("/v1/metrics", "gateway.local.commit.changes"), ("/v1/metrics", "gateway.pipeline.deliveries"),
                ("/v1/logs", "Gateway.Smtp"),
            ])
        {
            Assert.Contains(word, received.GetValueOrDefault(path, ""), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(received.Values, text => text.Contains(Known.Secret["whsec_".Length..], StringComparison.Ordinal) || text.Contains("alice@", StringComparison.Ordinal));
    }

    /// <summary>Takes what is posted; protobuf holds its strings as they are.</summary>
    private static async Task<WebApplication> CollectorAsync(ConcurrentDictionary<string, string> received)
    {
        var builder = LoopbackServer.CreateBuilder();
        var app = builder.Build();
        app.Run(async http =>
        {
            var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            received.AddOrUpdate(http.Request.Path, _ => Encoding.Latin1.GetString(body.ToArray()), (_, before) => before + Encoding.Latin1.GetString(body.ToArray()));
        });
        await app.StartAsync();
        return app;
    }
}
