using Gateway.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Server.Tests;

/// <summary>`gateway serve` with a local store; with Azure it is in the end-to-end tests.</summary>
public sealed class ServeTests : IDisposable
{
    private const string Valid = """
        { "version": 1, "domains": [{ "name": "in.example.com" }], "routes": [{ "id": "all", "priority": 1, "match": {}, "actions": [{ "store": {} }] }] }
        """;

    private static readonly Dictionary<string, string> Hostname = new() { ["GATEWAY_Smtp__Hostname"] = "mx.example.com" };

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_local_store_takes_mail_and_stops_in_good_order()
    {
        await using var serve = GatewayProcess.Start(Hostname,
            "serve", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", _directory.Data, "--config", _directory.Write("gateway.json", Valid), "--public-url", "https://mx.example.com");
        await serve.OutputLineAsync("  stages ");

        Assert.Contains($"  store     the directory {_directory.Data}\n", serve.Output, StringComparison.Ordinal);
        using var http = new HttpClient { BaseAddress = serve.Http };
        Assert.Equal("ready\n", await http.GetStringAsync("healthz/ready", TestContext.Current.CancellationToken));
        var sent = await GatewayProcess.RunAsync("send", "--server", $"{serve.Smtp}", "--to", "support@in.example.com");
        Assert.Equal((0, ""), (sent.ExitCode, sent.Errors));
        await serve.SignalAsync("TERM");
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact]
    public async Task What_is_missing_is_told_at_once()
    {
        await using var serve = GatewayProcess.Start(Hostname, "serve");
        Assert.Equal(2, await serve.ExitAsync());
        Assert.Equal(
            "gateway: --config FILE is required when the store is local; for Azure set GATEWAY_Storage__* and GATEWAY_Bus__*\n"
            + "gateway: --public-url URL is required when the store is local\n",
            serve.Errors);
    }

    [Fact]
    public async Task What_says_two_things_is_refused_with_Azure()
    {
        var environment = new Dictionary<string, string>(Hostname)
        {
            ["GATEWAY_Storage__ConnectionString"] = "UseDevelopmentStorage=true",
            ["GATEWAY_Bus__ConnectionString"] = "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;",
        };
        environment["GATEWAY_Configuration__Blob"] = "other.json";
        await using var serve = GatewayProcess.Start(environment, "serve", "--data", _directory.Data, "--retention", "3d", "--config", _directory.Write("gateway.json", Valid));
        Assert.Equal(2, await serve.ExitAsync());
        Assert.Equal(
            "gateway: --data is for the local store, and the environment names a storage account\n"
            + "gateway: --retention is for the local store, and the environment names a storage account\n"
            + "gateway: --config and GATEWAY_Configuration__Blob do not go together\n",
            serve.Errors);
    }

    [Fact]
    public async Task An_emulator_that_is_not_there_is_named()
    {
        var environment = new Dictionary<string, string>(Hostname)
        {
            ["GATEWAY_Storage__ConnectionString"] = "AccountName=devstoreaccount1;AccountKey=AAAA;BlobEndpoint=http://127.0.0.1:1/devstoreaccount1;TableEndpoint=http://127.0.0.1:1/devstoreaccount1",
            ["GATEWAY_Storage__MaxRetries"] = "0",
            ["GATEWAY_Bus__ConnectionString"] = "Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;",
        };
        await using var serve = GatewayProcess.Start(environment, "serve", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level", "none");
        Assert.Equal(4, await serve.ExitAsync());
        Assert.Equal("gateway: The storage emulator at 127.0.0.1:1 cannot be used: connection refused\n", serve.Errors);
    }

    [Fact]
    public async Task A_certificate_that_is_not_there_is_named()
    {
        var environment = new Dictionary<string, string>(Hostname) { ["GATEWAY_Certificate__File"] = _directory.File("tls.crt") };
        await using var serve = GatewayProcess.Start(environment,
            "serve", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", _directory.Data, "--config", _directory.Write("gateway.json", Valid), "--public-url", "https://mx.example.com", "--log-level", "warning");
        Assert.Equal(4, await serve.ExitAsync());
        Assert.StartsWith($"gateway: The certificate cannot be used: {_directory.File("tls.crt")}", serve.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_asks_the_probes_as_a_container_engine_does()
    {
        var configuration = _directory.Write("gateway.json", Valid);
        await using var serve = GatewayProcess.Start(Hostname,
            "serve", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", _directory.Data, "--config", configuration, "--public-url", "https://mx.example.com");
        await serve.OutputLineAsync("  stages ");
        var http = $"{serve.Http.Host}:{serve.Http.Port}";

        Assert.Equal((0, "live\n", ""), await GatewayProcess.RunAsync("health", "--http", http));
        Assert.Equal((0, "ready\n", ""), await GatewayProcess.RunAsync("health", "--http", http, "--ready"));
        await serve.SignalAsync("TERM");
        Assert.Equal(0, await serve.ExitAsync());
        Assert.Equal((1, "", $"gateway: http://{http}/healthz/live does not answer\n"), await GatewayProcess.RunAsync("health", "--http", http));
    }

    [Fact]
    public async Task Health_of_a_gateway_that_takes_no_mail_is_live_and_not_ready()
    {
        var builder = LoopbackServer.CreateBuilder();
        builder.Services.AddRoutingCore();
        await using var app = builder.Build();
        app.UseRouting();
        app.MapHealth(() => _ => new(["there is no valid configuration"]));
        await app.StartAsync(TestContext.Current.CancellationToken);
        var http = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Authority;

        Assert.Equal((0, "live\n", ""), await GatewayProcess.RunAsync("health", "--http", http));
        Assert.Equal((1, "", "not ready: there is no valid configuration\n"), await GatewayProcess.RunAsync("health", "--http", http, "--ready"));
    }
}
