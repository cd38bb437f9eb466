using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.EndToEnd.Tests.Serving;

/// <summary>A stop ends, whatever is the matter with the bus.</summary>
public sealed class StopTests
{
    [Fact]
    public async Task A_bus_that_has_fallen_silent_keeps_nobody_and_is_no_crash()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        await using var receiver = await Receiver.StartAsync();
        await using var site = await AzureSite.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        var port = site.Broker.Port;
        await using var relay = new Relay(port);
        site.Settings["GATEWAY_Bus__ConnectionString"] = site.Broker.ConnectionString.Replace($":{port}", $":{relay.Port}", StringComparison.Ordinal);
        site.Settings["GATEWAY_Smtp__ShutdownTimeout"] = "00:00:02";
        await using var serve = await site.ServeAsync();
        using (var smtp = await RawSmtp.ConnectAsync(serve.SmtpEndpoint))
        {
            Assert.StartsWith("250 ", await smtp.SendMessageAsync("alice@example.org", ["bob@in.example.com"], "Subject: x\r\n\r\nx\r\n"u8.ToArray()), StringComparison.Ordinal);
        }

        await receiver.NextAsync(); // each stage has its link then
        relay.FallSilent();
        serve.Signal(GatewayProcess.Sigterm);
        var exitCode = await serve.ExitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, $"Ended with {exitCode}: {string.Join('\n', serve.Errors)}");
        Assert.Contains(serve.Errors, line => line.Contains("not closed in good order", StringComparison.Ordinal));
    }
}
