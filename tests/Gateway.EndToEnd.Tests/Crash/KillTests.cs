namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>
/// Invariant 1 against a process that ends at any moment: what was answered 250 is delivered, octet for octet. A process that is killed
/// leaves the system's cache behind, so what these tests cannot see is a missing sync; <see cref="SyncTests"/> does.
/// </summary>
[Collection(nameof(CrashTests))]
public sealed class KillTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Three_kills_under_load_lose_nothing()
    {
        var report = await RunAsync(new([KillPoint.ReplySending, KillPoint.Committing, KillPoint.RawSynced], 110));

        report.AssertSound();
        Assert.True(report.Books.Lost == 0, report.ToString());
    }

    [Fact, Trait("Category", "slow")]
    public async Task Twenty_kills_under_load_lose_nothing()
    {
        var points = Enumerable.Range(0, 20).Select(round => KillPoint.All[round % KillPoint.All.Count]);

        var report = await RunAsync(new([.. points], 280));

        report.AssertSound();
        Assert.True(report.Accepted >= 5_000, report.ToString());
        Assert.True(report.Books.Lost == 0, report.ToString());
    }

    /// <summary>The same test on a build that answers before the commit is done: if this finds nothing lost, the others prove nothing.</summary>
    [Fact]
    public async Task A_build_that_says_250_too_early_is_caught()
    {
        var inTheCrowd = KillPoint.Committing with { Most = 10 };

        var report = await RunAsync(new([.. Enumerable.Repeat(inTheCrowd, 5)], 60, Lies: true));

        report.AssertSound();
        Assert.True(report.Books.Lost > 0, report.ToString());
    }

    private async Task<KillReport> RunAsync(KillPlan plan)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGKILL and no SIGTERM");
        var report = await KillRun.RunAsync(plan, TestContext.Current.CancellationToken);
        output.WriteLine(report.ToString());
        return report;
    }
}

/// <summary>One at a time: each of them has a gateway under load beside it.</summary>
[CollectionDefinition(nameof(CrashTests), DisableParallelization = true)]
public sealed class CrashTests;
