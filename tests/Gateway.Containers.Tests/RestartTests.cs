using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.Containers.Tests;

/// <summary>The container goes away under load, politely and not, and comes back: what was answered 250 is delivered.</summary>
[Trait("Category", "slow")]
public sealed class RestartTests
{
    private const int MessagesPerRound = 60;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    [Theory, InlineData(Bus.Broker), InlineData(Bus.Emulator)]
    public async Task Restarts_under_load_lose_nothing(Bus bus)
    {
        await using var wiring = await Wiring.StartAsync(bus);
        await using var gateway = await GatewayContainer.StartAsync(wiring);
        var ledger = new Ledger();
        foreach (var (round, isKilled) in ((bool[])[false, true, true, false, true, false]).Index())
        {
            await RunRoundAsync(gateway, ledger, round, isKilled);
            await gateway.StartAgainAsync();
        }

        await AssertDeliveredAsync(wiring.Inbox, ledger);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{ledger.Accepted} accepted, {ledger.Unanswered} cut off, {wiring.Inbox.Taken.Count} webhooks of {wiring.Inbox.Taken.DistinctBy(webhook => webhook.Id).Count()} deliveries");
    }

    /// <summary>Load until there has been enough of it, and then the end.</summary>
    private static async Task RunRoundAsync(GatewayContainer gateway, Ledger ledger, int round, bool isKilled)
    {
        var cancel = TestContext.Current.CancellationToken;
        var (accepted, unanswered) = (ledger.Accepted, ledger.Unanswered);
        var load = new Load(ledger, enough: accepted + MessagesPerRound).RunAsync(gateway.Smtp, seed: 1000 * round, cancel);
        await Inbox.UntilAsync(() => ledger.Accepted >= accepted + MessagesPerRound);
        if (isKilled)
        {
            await gateway.KillAsync();
            await load;
            return;
        }

        Assert.Equal(0, await gateway.StopAsync(Grace));
        await load;
        Assert.Equal(unanswered, ledger.Unanswered); // a client that was told to go had its answer
    }

    private static async Task AssertDeliveredAsync(Inbox inbox, Ledger ledger)
    {
        HashSet<(string, string)> promised = [.. ledger.Sent.Where(sent => sent.Value.IsAccepted).SelectMany(sent => sent.Value.Recipients.Select(recipient => (sent.Key, recipient)))];
        await Inbox.UntilAsync(() => promised.IsSubsetOf(inbox.Taken.Select(webhook => (webhook.Sha256, webhook.To))), () => $"of {promised.Count} deliveries some do not arrive");
        Assert.Empty(ledger.Refusals);
        Assert.Equal(0, inbox.BadSignatures);
        Assert.All(inbox.Taken.GroupBy(webhook => webhook.Id), delivery => Assert.Single(delivery.DistinctBy(webhook => (webhook.Sha256, webhook.To))));
        Assert.All(
            inbox.Taken.GroupBy(webhook => (webhook.Sha256, webhook.To)),
            message => Assert.Single(message.Select(webhook => webhook.Id).Distinct())); // what comes twice says so: it has the same id
        Assert.All(inbox.Taken, webhook => Assert.Contains(webhook.To, ledger.Sent[webhook.Sha256].Recipients));
    }
}
