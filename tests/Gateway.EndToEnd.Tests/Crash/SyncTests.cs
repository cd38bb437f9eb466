using System.ComponentModel;
using System.Diagnostics;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>
/// A crash of the machine takes what was written and not synced, and no test can crash the machine. So the system calls are looked at:
/// between the last octets of a message and its 250 it must have gone to the disk.
/// </summary>
[Collection(nameof(CrashTests))]
public sealed class SyncTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact, Trait("Category", "slow")]
    public async Task What_is_answered_250_is_on_the_disk()
    {
        var (small, big) = await TraceAsync(GatewayProcess.PathOf("gateway"), []);

        Assert.Empty(small);
        Assert.Empty(big);
    }

    /// <summary>A check that finds nothing wrong must also find what is wrong.</summary>
    [Fact, Trait("Category", "slow")]
    public async Task A_build_that_says_250_too_early_is_seen_in_the_trace()
    {
        var (_, big) = await TraceAsync(GatewayProcess.PathOf("Gateway.CrashHost"), ["--lie", "--"]);

        Assert.NotEmpty(big);
    }

    /// <summary>Sends a small and a big message to a traced gateway.</summary>
    /// <returns>What was out of order for each.</returns>
    private async Task<(IReadOnlyList<string> Small, IReadOnlyList<string> Big)> TraceAsync(string program, string[] host)
    {
        var cancel = TestContext.Current.CancellationToken;
        await SkipWithoutTracingAsync(cancel);
        await using var receiver = await RecordingReceiver.StartAsync(cancel);
        using var site = new DataSite(receiver.Url);
        receiver.Trust(site.Secret);
        var file = Path.Combine(Path.GetDirectoryName(site.Data)!, "trace");
        var random = new Random(1);
        var (small, big) = (LoadMessage.Create(1, 2_000, random), LoadMessage.Create(2, 300_000, random));

        // Filtered in the kernel: calls that are not asked for cost nothing. 8192: a whole page of the database is written out.
        string[] strace = ["-f", "--seccomp-bpf", "-tt", "-yy", "-s", "8192", "-e", $"trace={SystemCallTrace.Calls}", "-e", "signal=none", "-o", file];
        await using (var traced = await GatewayProcess.StartAsync("strace", [.. strace, program, .. host, .. site.DevArguments()], cancel))
        {
            using (var dialogue = new SmtpDialogue())
            {
                await dialogue.OpenAsync(traced.SmtpEndpoint, cancel);
                foreach (var message in (LoadMessage[])[small, big])
                {
                    await dialogue.BeginDataAsync(message.Recipients, cancel);
                    await dialogue.SendAsync(message.Stuffed, cancel);
                    Assert.StartsWith("250 2.6.0 ", await dialogue.ReadReplyAsync(cancel));

                    // Or what the stages commit could be taken for the next message's own commit.
                    Assert.True(await site.DrainsWithinAsync(Limit, cancel));
                }
            }

            await StopAsync(traced, file, host.Length > 0, cancel);
        }

        var calls = SystemCallTrace.Parse(File.ReadLines(file));
        output.WriteLine($"{calls.Count} system calls");
        var judge = new SyncJudge(calls, site);
        var found = (judge.Violations(0, small, isBig: false), judge.Violations(1, big, isBig: true));
        output.WriteLine($"small: {string.Join("; ", found.Item1)}\nbig: {string.Join("; ", found.Item2)}");
        return found;
    }

    /// <summary>strace writes its file to the end only when what it traces has ended; killed itself, it would leave that running.</summary>
    private static async Task StopAsync(GatewayProcess traced, string file, bool isHost, CancellationToken cancel)
    {
        if (isHost)
        {
            traced.EndInput();
        }
        else
        {
            traced.Signal(GatewayProcess.Sigterm, SystemCallTrace.ProcessId(File.ReadLines(file)));
        }

        Assert.Equal(isHost ? 1 : 0, await traced.ExitAsync(Limit, cancel));
    }

    private static async Task SkipWithoutTracingAsync(CancellationToken cancel)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "strace is for Linux");
        try
        {
            using var strace = Process.Start(new ProcessStartInfo("strace", ["-f", "--seccomp-bpf", "-e", "trace=fsync", "-o", "/dev/null", "true"]) { RedirectStandardError = true })!;
            var said = await strace.StandardError.ReadToEndAsync(cancel);
            await strace.WaitForExitAsync(cancel);
            Assert.SkipWhen(strace.ExitCode != 0, $"strace cannot trace here: {said}");
        }
        catch (Win32Exception e)
        {
            Assert.Skip($"strace is not installed: {e.Message}");
        }
    }
}
