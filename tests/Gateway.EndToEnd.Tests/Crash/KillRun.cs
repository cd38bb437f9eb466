using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>Starts, loads and kills the gateway again and again on one data directory, then starts it a last time and counts.</summary>
internal sealed class KillRun(KillPlan plan, int seed)
{
    /// <summary>A process that does not come to its point within this has not been tested at it.</summary>
    private static readonly TimeSpan PointLimit = TimeSpan.FromSeconds(60);

    /// <summary>Retries wait 5 s the first time, and what was under way at the last kill begins anew.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromMinutes(4);

    /// <summary>So many messages more are sent at full speed, so that most ends come in a crowd; then clients slow down.</summary>
    private const int Crowd = 200;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(40);

    private readonly Ledger _ledger = new();
    private readonly Random _random = new(seed);
    private readonly List<KillRound> _rounds = [];
    private readonly List<string> _faults = [];

    public static async Task<KillReport> RunAsync(KillPlan plan, CancellationToken cancel) =>
        await new KillRun(plan, RandomNumberGenerator.GetInt32(int.MaxValue / 2)).RunAsync(cancel);

    private async Task<KillReport> RunAsync(CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        await using var receiver = await RecordingReceiver.StartAsync(cancel);
        using var site = new DataSite(receiver.Url);
        receiver.Trust(site.Secret);

        using (var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel))
        {
            var rewriting = RewriteConfigurationAsync(site, enough.Token);
            foreach (var point in plan.Points)
            {
                _rounds.Add(await EndAsync(site, point, cancel));
            }

            await enough.CancelAsync();
            await rewriting;
        }

        await using var last = await GatewayProcess.StartGatewayAsync(site.DevArguments(), cancel);
        var drained = await site.DrainsWithinAsync(DrainLimit, cancel);
        var wrongOctets = await CountWrongOctetsAsync(receiver, last.HttpUrl, cancel);
        last.Signal(GatewayProcess.Sigterm);
        var exitCode = await last.ExitAsync(StopLimit, cancel);
        Note(last);
        var leftovers = await site.LeftoversAsync(cancel);
        return new()
        {
            Seed = seed,
            Rounds = _rounds,
            Accepted = _ledger.Accepted,
            Refusals = _ledger.Refusals,
            Books = Books.Close(_ledger, receiver),
            WrongOctets = wrongOctets,
            Leftovers = leftovers,
            IsDrained = drained,
            LastExitCode = exitCode,
            Faults = _faults,
            Elapsed = watch.Elapsed,
        };
    }

    private async Task<KillRound> EndAsync(DataSite site, KillPoint point, CancellationToken cancel)
    {
        var occurrence = _random.Next(point.Most) + 1;
        var watch = Stopwatch.StartNew();
        await using var gateway = GatewayProcess.LaunchCrashHost(HostArguments(point, occurrence), site.DevArguments());
        if (point.By == KillBy.TestAtStart)
        {
            await Task.Delay(occurrence, cancel); // what is random about it
            gateway.Kill();
            return new(point, occurrence, 0, 0, await gateway.ExitAsync(PointLimit, cancel), null, watch.Elapsed);
        }

        await gateway.ListensAsync(cancel);
        var start = watch.Elapsed;
        var (accepted, unanswered) = (_ledger.Accepted, _ledger.Unanswered);
        var load = new Load(_ledger, accepted + plan.AcceptedPerRound + Crowd).RunAsync(gateway.SmtpEndpoint, _random.Next(), cancel);
        await AcceptedAsync(accepted + plan.AcceptedPerRound, load, cancel);
        await BringAboutAsync(gateway, point, occurrence, cancel);

        var exitCode = await gateway.ExitAsync(PointLimit, cancel);
        gateway.Kill();
        await load;
        Note(gateway);
        return new(point, occurrence, _ledger.Accepted - accepted, _ledger.Unanswered - unanswered, exitCode, start, watch.Elapsed);
    }

    private List<string> HostArguments(KillPoint point, int occurrence)
    {
        var host = new List<string>();
        if (point.By == KillBy.Host)
        {
            host.AddRange(["--crash-at", point.Name, "--crash-after", occurrence.ToString(CultureInfo.InvariantCulture)]);
        }

        if (plan.Lies)
        {
            host.Add("--lie");
        }

        return host;
    }

    private static async Task BringAboutAsync(GatewayProcess gateway, KillPoint point, int occurrence, CancellationToken cancel)
    {
        if (point.By == KillBy.Host)
        {
            await gateway.ArmAsync();
            return;
        }

        await Task.Delay(occurrence, cancel); // what is random about it
        gateway.Signal(point.By == KillBy.Sigterm ? GatewayProcess.Sigterm : GatewayProcess.Sigkill);
    }

    private async Task AcceptedAsync(int wanted, Task load, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (_ledger.Accepted < wanted && !load.IsCompleted)
        {
            await timer.WaitForNextTickAsync(cancel);
        }
    }

    private static async Task RewriteConfigurationAsync(DataSite site, CancellationToken enough)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(300));
        try
        {
            for (var edition = 1; await timer.WaitForNextTickAsync(enough); edition++)
            {
                site.Configure(edition);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }

    /// <summary>Fetches the stored octets of every message that was delivered. What the webhook says of them was computed before they were stored.</summary>
    private static async Task<int> CountWrongOctetsAsync(RecordingReceiver receiver, Uri gateway, CancellationToken cancel)
    {
        using var client = new HttpClient { BaseAddress = gateway };
        var wrong = 0;
        var messages = receiver.Deliveries.Values.Where(delivery => delivery.Accepted > 0).DistinctBy(delivery => delivery.MessageId);
        await Parallel.ForEachAsync(messages, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancel }, async (delivery, stop) =>
        {
            // The link was made by a process that is dead; its signature holds for the one that has the same data directory.
            using var answer = await client.GetAsync(delivery.RawUrl!.PathAndQuery, stop);
            var octets = await answer.Content.ReadAsByteArrayAsync(stop);
            if (!answer.IsSuccessStatusCode || Convert.ToHexStringLower(SHA256.HashData(octets)) != delivery.Sha256)
            {
                Interlocked.Increment(ref wrong);
            }
        });
        return wrong;
    }

    /// <summary>Log lines of level Error and above, and unhandled exceptions: a kill alone causes none.</summary>
    private void Note(GatewayProcess gateway) =>
        _faults.AddRange(gateway.Errors.Where(line =>
            line.Contains("fail: ", StringComparison.Ordinal) || line.Contains("crit: ", StringComparison.Ordinal) || line.Contains("Unhandled", StringComparison.Ordinal)));
}
