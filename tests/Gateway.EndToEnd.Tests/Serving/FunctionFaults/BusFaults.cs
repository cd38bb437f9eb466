using Gateway.Azure;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>The bus goes away under everybody: the host, the worker and the half that takes mail.</summary>
internal static class BusFaults
{
    private const int Rounds = 3;

    /// <summary>Deliveries under way, at least, whenever the bus goes.</summary>
    private const int Some = 3;

    public static IEnumerable<FunctionFault> All => [DropConnections(), Restart()];

    private static FunctionFault DropConnections()
    {
        var held = new HeldRequests(Rounds * Some);
        return new("bus connections dropped", async bench =>
        {
            await bench.WorkAsync();
            var sending = bench.SendAsync(FunctionFault.Messages);
            await bench.UntilAsync(() => held.Count == Rounds * Some, "deliveries");
            for (var round = 1; round <= Rounds; round++)
            {
                Assert.True(bench.CountsOf(QueueNames.Deliveries).Locked >= Some, "Nothing is locked");
                await bench.UntilAsync(() => bench.Broker.Faults.DropConnections() > 0, "connections");
                held.Release(Some);
            }

            await sending;
            return Rounds;
        })
        { Least = Rounds, MayRepeat = true, Answers = held.AnswerAsync };
    }

    /// <summary>Down until the host has seen that it is, and until what was under way is answered.</summary>
    private static FunctionFault Restart()
    {
        var held = new HeldRequests(Some);
        return new("bus stopped and started again", async bench =>
        {
            await bench.WorkAsync();
            var sending = bench.SendAsync(FunctionFault.Messages);
            await bench.UntilAsync(() => held.Count == Some, "deliveries");
            Assert.True(bench.CountsOf(QueueNames.Deliveries).Locked >= Some, "Nothing is locked");
            await bench.Broker.StopAsync();
            await bench.UntilAsync(() => SeenDown(bench) > 0, "a host that misses the bus");
            held.Release();
            await bench.Broker.RestartAsync();
            await sending;
            return SeenDown(bench);
        })
        { MayRepeat = true, Answers = held.AnswerAsync };
    }

    private static int SeenDown(Bench bench) => bench.Functions.Logs.Count(line =>
        line.Category == "host" && line.Text.Contains("failed on", StringComparison.Ordinal) && Bench.Queues.Any(queue => line.Text.Contains(queue, StringComparison.Ordinal)));
}
