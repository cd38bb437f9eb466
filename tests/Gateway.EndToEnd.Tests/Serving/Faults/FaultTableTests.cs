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
        var (row, met, odd, log) = await table.PlayAsync(name, () => FaultRun.RunAsync(fault), played => played.Row.ToString());
        output.WriteLine($"{FaultRow.Header}\n{row}\n{log}");

        Assert.Equal(0, row.Lost);
        Assert.Empty(odd);
        Assert.True(met >= fault.Least, $"{met} went wrong: nothing was tested");
        Assert.True(row.DuplicatesByContent <= row.Told451 + row.Unanswered, "A message came twice that was sent once");
        Assert.True(fault.Must451 is null || fault.Must451 == row.Told451 > 0, $"451 was said {row.Told451} times");
    }
}

/// <summary>The rows of <see cref="FaultTableTests"/>.</summary>
public sealed class FaultTable() : ResultTable("faults.table", FaultRow.Header);
