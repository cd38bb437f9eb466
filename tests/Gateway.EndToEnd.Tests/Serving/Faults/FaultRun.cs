using System.Diagnostics;
using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.EndToEnd.Tests.Serving.Faults;

/// <summary>Mail through <c>gateway serve</c> as a process, one fault in the middle of it, and the books at the end.</summary>
internal static class FaultRun
{
    private const int Messages = 150;
    private const int Before = 40;
    private const int Enough451 = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    public static async Task<(FaultRow Row, int Met, IReadOnlyCollection<string> Odd, string Log)> RunAsync(Fault fault)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        await using var receiver = await RecordingReceiver.StartAsync(limit.Token);
        receiver.Trust(EmbeddedGateway.Secret);
        await using var site = await AzureSite.StartAsync(DataSite.Document(receiver.Url, "file:SECRET", edition: 0));
        foreach (var (name, value) in fault.Settings)
        {
            site.Settings[name] = value;
        }

        var clients = new PersistentClients(Messages, fault.MessageOctets);
        await using var first = GatewayProcess.LaunchCrashHost(fault.CrashAt is { } point ? ["--crash-at", point, "--crash-after", "3"] : [], AzureSite.Arguments, site.Environment);
        await first.ListensAsync(limit.Token);
        clients.Use(first.SmtpEndpoint);
        var watch = Stopwatch.StartNew();
        using var sendingEnds = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        using var stopSending = new Ending(sendingEnds); // whatever fails: clients that go on would find the next test's gateway
        var sending = clients.RunAsync(first.Errors, sendingEnds.Token);
        await using var last = await OrTellAsync(GoWrongAsync(fault, site, clients, first, limit.Token), sending);
        await sending;
        await UntilAsync(() => Met(site) >= fault.Least, limit.Token); // stages may not have been so far
        site.Broker.Faults.Clear();
        site.Blobs.Clear();
        site.Tables.Clear();
        var log = "";
        try
        {
            await UntilAsync(() => FaultRow.Of(fault, clients, receiver, default).Lost == 0, limit.Token);
        }
        catch (OperationCanceledException)
        {
            log = string.Join('\n', first.Errors.Concat(last?.Errors ?? []));
        }

        return (FaultRow.Of(fault, clients, receiver, watch.Elapsed), Met(site), clients.Odd, log);
    }

    /// <summary>In the middle of the mail.</summary>
    /// <returns>The gateway in the place of one that was killed; null when it lives.</returns>
    private static async Task<GatewayProcess?> GoWrongAsync(Fault fault, AzureSite site, PersistentClients clients, GatewayProcess first, CancellationToken cancel)
    {
        await UntilAsync(() => clients.Accepted.Count >= Before, cancel);
        fault.Begin(site);
        if (fault.Hits is { } hits)
        {
            await UntilAsync(() => hits(site), cancel);
        }

        if (fault.Must451 == true)
        {
            await UntilAsync(() => clients.Refused >= Enough451, cancel);
            site.Broker.Faults.Clear();
            site.Blobs.Clear();
        }

        if (fault.CrashAt is null)
        {
            return null;
        }

        await first.ArmAsync();
        Assert.Equal(GatewayProcess.ExitCodeOfSigkill, await first.ExitAsync(Patience, cancel));
        clients.Use(null);
        var next = await site.ServeAsync();
        clients.Use(next.SmtpEndpoint);
        return next;
    }

    /// <summary>What waits in vain for the clients knows less of why than they do.</summary>
    private static async Task<T> OrTellAsync<T>(Task<T> step, Task sending)
    {
        try
        {
            return await step;
        }
        catch (OperationCanceledException)
        {
            await sending;
            throw;
        }
    }

    private static int Met(AzureSite site) => site.Broker.Faults.Met + site.Blobs.Met + site.Tables.Met;

    private static async Task UntilAsync(Func<bool> condition, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(cancel);
        }
    }

    /// <summary>Cancels when it goes out of scope.</summary>
    private sealed class Ending(CancellationTokenSource source) : IDisposable
    {
        public void Dispose() => source.Cancel();
    }
}
