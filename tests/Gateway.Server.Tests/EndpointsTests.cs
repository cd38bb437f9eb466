using System.Net;

namespace Gateway.Server.Tests;

/// <summary>A parked endpoint is seen and resumed by a second process while the gateway runs.</summary>
public sealed class EndpointsTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_parked_endpoint_is_listed_and_resumed_while_the_gateway_runs()
    {
        await using var listen = GatewayProcess.Start("listen", "--http", "127.0.0.1:0", "--secret", Known.Secret, "--fail", "410:1");
        var receiver = await listen.OutputLineAsync("receives webhooks at");
        var url = receiver[receiver.IndexOf("http", StringComparison.Ordinal)..].Trim();
        await using var dev = GatewayProcess.Start(
            "dev", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", _directory.Data, "--webhook", url, "--secret", Known.Secret);
        await dev.OutputLineAsync("Stop it:");
        Assert.Equal((0, "No endpoint is parked\n", ""), await GatewayProcess.RunAsync("endpoints", "parked", "--data", _directory.Data));

        await GatewayProcess.RunAsync("send", "--server", $"{IPAddress.Loopback}:{dev.Smtp.Port}");
        await dev.OutputLineAsync("the endpoint is parked");
        var (exit, output, _) = await GatewayProcess.RunAsync("endpoints", "parked", "--data", _directory.Data);
        Assert.Equal(0, exit);
        Assert.StartsWith("dev  parked since 20", output, StringComparison.Ordinal);

        Assert.Equal((0, "dev goes on; what waits for it is sent within eleven minutes\n", ""), await GatewayProcess.RunAsync("endpoints", "resume", "dev", "--data", _directory.Data));
        Assert.Equal((1, "dev is not parked\n", ""), await GatewayProcess.RunAsync("endpoints", "resume", "dev", "--data", _directory.Data));
    }

    [Fact]
    public async Task A_directory_without_a_gateways_data_is_named()
    {
        var (exit, output, errors) = await GatewayProcess.RunAsync("endpoints", "parked", "--data", _directory.Path);
        Assert.Equal((4, "", $"gateway: there is no gateway's data in {_directory.Path}\n"), (exit, output, errors));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }
}
