using System.Diagnostics;
using Gateway.Azure;
using Gateway.EndToEnd.Tests.Crash;
using Gateway.Pipeline.Delivery;

namespace Gateway.EndToEnd.Tests.Serving;

/// <summary><c>gateway endpoints</c> on the state of a gateway in Azure.</summary>
public sealed class EndpointsTests
{
    [Fact]
    public async Task A_parked_endpoint_is_listed_and_goes_on()
    {
        await using var site = await AzureSite.StartAsync(configuration: null);
        await site.Storage.CreateAsync(TestContext.Current.CancellationToken);
        var state = AzureServices.CreateStateStore(new() { ConnectionString = site.Environment["GATEWAY_Storage__ConnectionString"], Prefix = site.Environment["GATEWAY_Storage__Prefix"] }, new(), TimeProvider.System);
        await new EndpointParking(state, TimeProvider.System).ParkAsync("app", 410, TestContext.Current.CancellationToken);

        Assert.StartsWith("app  parked since ", await RunAsync(site, "parked"), StringComparison.Ordinal);
        Assert.Equal("app goes on; what waits for it is sent within eleven minutes\n", await RunAsync(site, "resume", "app"));
        Assert.Equal("No endpoint is parked\n", await RunAsync(site, "parked"));

        site.Tables.IsDown = true;
        site.Settings["GATEWAY_Storage__MaxRetries"] = "0";
        Assert.StartsWith("gateway: the table state in the storage emulator cannot be used: ", await RunAsync(site, "parked"), StringComparison.Ordinal);
    }

    /// <summary>What it prints.</summary>
    internal static async Task<string> RunAsync(AzureSite site, params string[] arguments)
    {
        var start = new ProcessStartInfo(GatewayProcess.PathOf("gateway"), ["endpoints", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in site.Environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        return output + await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
