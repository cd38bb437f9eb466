using System.Collections.Concurrent;
using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.EndToEnd.Tests.Serving.Faults;

/// <summary>Whatever goes wrong in storage, on the bus or with the process: what was answered 250 is delivered, and 451 is said where it has to be.</summary>
[Collection(nameof(CrashTests))]
public sealed class FaultTableTests(ITestOutputHelper output, FaultTable table) : IClassFixture<FaultTable>
{
    public static TheoryData<string> Names => [.. Fault.All.Select(fault => fault.Name)];

    [Theory, Trait("Category", "slow")]
    [MemberData(nameof(Names))]
    public async Task Nothing_accepted_is_lost(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGKILL");
        var fault = Fault.All.Single(fault => fault.Name == name);
        var (row, met, odd, log) = await FaultRun.RunAsync(fault);
        table.Rows.Enqueue(row);
        output.WriteLine($"{FaultRow.Header}\n{row}\n{log}");

        Assert.Equal(0, row.Lost);
        Assert.Empty(odd);
        Assert.True(met >= fault.Least, $"{met} went wrong: nothing was tested");
        Assert.True(row.DuplicatesByContent <= row.Told451 + row.Unanswered, "A message came twice that was sent once");
        Assert.True(fault.Must451 is null || fault.Must451 == row.Told451 > 0, $"451 was said {row.Told451} times");
    }
}

/// <summary>Leaves all rows as a file beside the results, from where CI prints it, when the last test is over.</summary>
public sealed class FaultTable : IDisposable
{
    internal ConcurrentQueue<FaultRow> Rows { get; } = new();

    public void Dispose()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent;
        }

        if (folder is not null)
        {
            var results = Directory.CreateDirectory(Path.Combine(folder.FullName, "artifacts", "results"));
            File.WriteAllText(Path.Combine(results.FullName, "faults.table"), $"{FaultRow.Header}\n{string.Join('\n', Rows)}\n");
        }
    }
}
