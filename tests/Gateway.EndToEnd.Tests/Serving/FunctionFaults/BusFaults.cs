namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>The bus goes away under everybody: the host, the worker and the half that takes mail.</summary>
internal static class BusFaults
{
    private const int Some = 8;

    public static IEnumerable<FunctionFault> All =>
    [
        new("bus connections dropped", DropConnectionsAsync) { MayRepeat = true },
        new("bus stopped and started again", RestartAsync) { MayRepeat = true },
    ];

    private static async Task<int> DropConnectionsAsync(Bench bench)
    {
        await bench.WorkAsync();
        var sending = bench.SendAsync(FunctionFault.Messages);
        const int Rounds = 3;
        for (var round = 1; round <= Rounds; round++)
        {
            await bench.JumpUntilAsync(() => bench.Farm.Deliveries.Count >= Some * round, "deliveries");
            await bench.UntilAsync(() => bench.Broker.Faults.DropConnections() > 0, "connections");
        }

        await sending;
        return Rounds;
    }

    /// <summary>Down until the host has seen that it is.</summary>
    private static async Task<int> RestartAsync(Bench bench)
    {
        await bench.WorkAsync();
        var sending = bench.SendAsync(FunctionFault.Messages);
        await bench.JumpUntilAsync(() => bench.Farm.Deliveries.Count >= Some, "deliveries");
        await bench.Broker.StopAsync();
        await bench.UntilAsync(() => SeenDown(bench) > 0, "a host that misses the bus");
        await bench.Broker.RestartAsync();
        await sending;
        return SeenDown(bench);
    }

    private static int SeenDown(Bench bench) => bench.Functions.Logs.Count(line =>
        line.Category == "host" && line.Text.Contains("failed on", StringComparison.Ordinal) && Bench.Queues.Any(queue => line.Text.Contains(queue, StringComparison.Ordinal)));
}
