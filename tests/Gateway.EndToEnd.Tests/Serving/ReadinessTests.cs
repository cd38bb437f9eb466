using System.Net;
using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.EndToEnd.Tests.Serving;

/// <summary>Ready is whether mail is taken now; alive is the process, whatever it waits for.</summary>
public sealed class ReadinessTests
{
    [Fact]
    public async Task Readiness_follows_configuration_storage_and_bus_and_liveness_none_of_them()
    {
        await using var site = await AzureSite.StartAsync(configuration: null);
        await using var serve = await site.ServeAsync();
        await SaysAsync(serve, "not ready: there is no valid configuration\n");
        Assert.StartsWith("421 4.3.2", await GreetingAsync(serve), StringComparison.Ordinal);

        await site.ConfigureAsync(EmbeddedGateway.ToEndpoints(("app", new("http://127.0.0.1:1/"))));
        await SaysAsync(serve, "ready\n");
        Assert.StartsWith("220 mx.example.com", await GreetingAsync(serve), StringComparison.Ordinal);

        site.Blobs.IsDown = true;
        await SaysAsync(serve, "not ready: blob storage cannot be reached\n");
        site.Blobs.IsDown = false;
        await SaysAsync(serve, "ready\n");

        await site.Broker.StopAsync();
        await SaysAsync(serve, "not ready: Service Bus cannot be reached\n");
        await site.Broker.RestartAsync();
        await SaysAsync(serve, "ready\n");

        serve.Signal(GatewayProcess.Sigterm);
        var exitCode = await serve.ExitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, $"Ended with {exitCode}: {string.Join('\n', serve.Errors)}");
    }

    [Fact]
    public async Task A_vault_that_cannot_be_reached_is_waited_for()
    {
        await using var site = await AzureSite.StartAsync(configuration: null);
        site.Settings["GATEWAY_KeyVault__Endpoint"] = "https://127.0.0.1:1/";
        site.Settings["GATEWAY_KeyVault__MaxRetries"] = "0";
        site.Settings["GATEWAY_Certificate__Secret"] = "mx";
        using var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        await using var serve = GatewayProcess.LaunchCrashHost([], ["serve", "--smtp", "127.0.0.1:0", "--http", $"127.0.0.1:{port}"], site.Environment);
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}/") };
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!serve.Errors.Any(line => line.Contains("cannot be read from Key Vault", StringComparison.Ordinal)))
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal("live\n", await http.GetStringAsync("healthz/live", TestContext.Current.CancellationToken));
        using var ready = await http.GetAsync("healthz/ready", TestContext.Current.CancellationToken);
        Assert.Equal("not ready: starting\n", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        serve.Signal(GatewayProcess.Sigterm);
        Assert.Equal(0, await serve.ExitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    /// <summary>Asks until it is said; alive is said each time.</summary>
    private static async Task SaysAsync(GatewayProcess serve, string wanted)
    {
        using var http = new HttpClient { BaseAddress = serve.HttpUrl };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(90));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        var said = "";
        try
        {
            while (said != wanted)
            {
                await timer.WaitForNextTickAsync(limit.Token);
                Assert.Equal("live\n", await http.GetStringAsync("healthz/live", limit.Token));
                using var ready = await http.GetAsync("healthz/ready", limit.Token);
                said = await ready.Content.ReadAsStringAsync(limit.Token);
                Assert.Equal(said == "ready\n" ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Wanted: {wanted}Said: {said}{string.Join('\n', serve.Errors)}");
        }
    }

    private static async Task<string> GreetingAsync(GatewayProcess serve)
    {
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync(serve.SmtpEndpoint, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(tcp.GetStream());
        return await reader.ReadLineAsync(TestContext.Current.CancellationToken) ?? "";
    }
}
