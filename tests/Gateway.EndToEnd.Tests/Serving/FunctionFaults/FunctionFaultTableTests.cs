using System.Diagnostics;
using System.Globalization;
using Gateway.EndToEnd.Tests.Crash;
using Gateway.EndToEnd.Tests.Serving.Faults;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>Whatever goes wrong with the worker, the bus, the stores or the events: what was accepted is delivered or becomes a record, and no queue keeps anything.</summary>
[Collection(nameof(CrashTests))]
public sealed class FunctionFaultTableTests(ITestOutputHelper output, FunctionTable table) : IClassFixture<FunctionTable>
{
    public static TheoryData<string> Names => [.. FunctionFault.All.Select(fault => fault.Name)];

    [Theory, Trait("Category", "slow")]
    [MemberData(nameof(Names))]
    public async Task Nothing_accepted_is_lost_in_Functions(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGKILL");
        var fault = FunctionFault.All.Single(fault => fault.Name == name);
        var watch = Stopwatch.StartNew();
        await using var bench = await Bench.StartAsync(fault.Document, fault.Answers ?? FunctionFault.FailNowAndThen, fault.LockDuration);
        var met = await fault.PlayAsync(bench);
        await bench.DrainAsync();

        var row = await FunctionRow.OfAsync(name, bench, recipient => [EndpointOf(recipient)], watch.Elapsed);
        Tell(row);
        Assert.Equal(0, row.Lost);
        Assert.True(met >= fault.Least, $"{met} went wrong: nothing was tested");
        Assert.True(fault.MayRepeat || row.Duplicates == 0, $"{row.Duplicates} came twice");
        var records = await bench.DeadLettersAsync();
        Assert.Equal(fault.DeadBecause.Order(), records.Select(record => record.Reason).Distinct().Order());
        Assert.Equal(fault.DeadBecause.Count > 0 ? row.Accepted : 0, row.Dead);
        Assert.Equal(fault.Doomed, bench.Doomed.Count);
        Assert.True(fault.Doomed == 0 || records.Count == fault.Doomed, $"{records.Count} records");
        Assert.All(bench.Doomed, doomed => Assert.Single(records, doomed.IsIn));
        Assert.Equal(0, bench.Farm.BadSignatures);
    }

    [Fact, Trait("Category", "slow")]
    public async Task Ten_thousand_deliveries_come_while_five_of_twenty_endpoints_misbehave()
    {
        const int Messages = 500;
        var row = await ManyDeliveries.WithMisbehavingAsync(Messages);
        Tell(row);
        Assert.Equal((20 * Messages, 18 * Messages, 2 * Messages, 0, 0), (row.Accepted, row.Delivered, row.Dead, row.Duplicates, row.Lost));
    }

    [Fact, Trait("Category", "slow")]
    public async Task Endpoints_that_hang_hold_nobody_up()
    {
        const int Messages = 100;
        var row = await ManyDeliveries.WithHangingAsync(Messages);
        Tell(row);
        Assert.Equal((20 * Messages, 20 * Messages, 0, 0, 0), (row.Accepted, row.Delivered, row.Dead, row.Duplicates, row.Lost));
    }

    /// <summary>Each mailbox of <see cref="DataSite"/> has an endpoint of its own.</summary>
    private static string EndpointOf(string recipient) => Enumerable.Range(0, DataSite.Endpoints).Single(endpoint => DataSite.MailboxOf(endpoint) == recipient).ToString(CultureInfo.InvariantCulture);

    private void Tell(FunctionRow row)
    {
        table.Add(row.ToString());
        output.WriteLine($"{FunctionRow.Header}\n{row}");
    }
}

/// <summary>The rows of <see cref="FunctionFaultTableTests"/>.</summary>
public sealed class FunctionTable() : ResultTable("functions.table", FunctionRow.Header);
