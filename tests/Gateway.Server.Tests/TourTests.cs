namespace Gateway.Server.Tests;

/// <summary>The tour that the README takes a newcomer on, with three programs.</summary>
public sealed class TourTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact, Trait("Category", "slow")] // a real wait of 5 seconds
    public async Task A_receiver_that_fails_once_gets_the_message_at_the_second_attempt()
    {
        await using var listen = GatewayProcess.Start("listen", "--http", "127.0.0.1:0", "--secret", Known.Secret, "--fail", "503:1");
        var url = (await listen.OutputLineAsync("receives webhooks at ")).Split(' ')[^1];
        await using var dev = await GatewayProcess.DevAsync(_directory.Data, "--webhook", url, "--secret", Known.Secret);

        Assert.Equal(0, (await GatewayProcess.RunAsync("send", "--server", $"{dev.Smtp}")).ExitCode);

        var retry = await dev.OutputLineAsync("again in");
        Assert.Matches(@"""Hello from the gateway"".*all → dev  answered 503; again in [456](\.\d)? s$", retry);
        Assert.Matches(@"all → dev  delivered, 200 in .* \(attempt 2\)$", await dev.OutputLineAsync("delivered"));
        var first = await listen.OutputLineAsync("answered 503");
        var second = await listen.OutputLineAsync("answered 200");
        Assert.Equal(first.Split(',')[0], second.Split(',')[0]); // the same webhook-id, and valid both times
        Assert.Contains("signature valid", first, StringComparison.Ordinal);
    }
}
