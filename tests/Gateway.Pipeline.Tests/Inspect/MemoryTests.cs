using System.Diagnostics;
using System.Globalization;

namespace Gateway.Pipeline.Tests.Inspect;

/// <summary>
/// How much memory a huge or hostile message takes: the highest resident set of a process of its own (the kernel's figure), above what it had
/// after a small message. Run by hand: Gateway.Pipeline.Tests -class '*MemoryTests' -showLiveOutput.
/// </summary>
public sealed class MemoryTests
{
    private const string CaseVariable = "GATEWAY_MEMORY_CASE";
    private const long MaxGrowthOctets = 32 * 1024 * 1024;

    public static TheoryData<string> Cases() => [.. HugeMessage.Names];

    [Theory, MemberData(nameof(Cases))]
    [Trait("Category", "slow")]
    public async Task A_huge_message_takes_at_most_32_MiB(string name)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The highest resident set is read from /proc");
        var cancel = TestContext.Current.CancellationToken;
        var report = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, typeof(MemoryTests).Assembly.GetName().Name!), ["-explicit", "only", "-method", $"{typeof(MemoryTests).FullName}.{nameof(Measure)}"])
            {
                RedirectStandardOutput = true,
                Environment = { [CaseVariable] = $"{name}|{report}" },
            };
            using var child = Process.Start(start)!;
            var output = await child.StandardOutput.ReadToEndAsync(cancel);
            await child.WaitForExitAsync(cancel);
            Assert.True(child.ExitCode == 0, output);
            var words = (await File.ReadAllTextAsync(report, cancel)).Split(' ', 3);
            TestContext.Current.TestOutputHelper!.WriteLine($"{name}: +{long.Parse(words[0], CultureInfo.InvariantCulture) / 1024.0 / 1024:F1} MiB in {words[1]} s, {words[2]}");
            Assert.InRange(long.Parse(words[0], CultureInfo.InvariantCulture), 0, MaxGrowthOctets);
        }
        finally
        {
            File.Delete(report);
        }
    }

    /// <summary>Inspects the message that the environment names and reports the growth, in the process made for it.</summary>
    [Fact(Explicit = true)]
    public async Task Measure()
    {
        var words = (Environment.GetEnvironmentVariable(CaseVariable) ?? "attachment|/dev/null").Split('|');
        using var run = new InspectRun();
        await run.InspectAsync("From: a@example.org\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nText.\n--m\nContent-Type: image/png\n\nx\n--m--\n");
        HugeMessage.Write(words[0], run.Store.RawPath(InspectRun.Id));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = KibibytesOf("VmRSS:");
        var started = Stopwatch.GetTimestamp();

        var inspected = await run.InspectEventAsync();

        var elapsed = Stopwatch.GetElapsedTime(started);
        var growth = Math.Max(0, KibibytesOf("VmHWM:") - before) * 1024;
        var text = string.Create(CultureInfo.InvariantCulture, $"{growth} {elapsed.TotalSeconds:F2} {string.Join(',', inspected.Verdict.Defects)} attachments={inspected.Summary.Attachments}");
        await File.WriteAllTextAsync(words[1], text, TestContext.Current.CancellationToken);
    }

    private static long KibibytesOf(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
