using System.Net;

namespace Gateway.Benchmarks;

/// <summary>Runs servers in turn under the same load and prints each one's median and its ratio to the first.</summary>
internal static class AcceptBenchmark
{
    public static async Task RunAsync(IReadOnlyList<(string Name, IPEndPoint Address)> servers, Load load, int rounds, TextWriter output, CancellationToken cancel)
    {
        await output.WriteLineAsync($"{load.Octets} octets, {load.Connections} connections kept, {load.Duration.TotalSeconds:0} s a round, {rounds} rounds");
        foreach (var (_, address) in servers)
        {
            await (load with { Duration = TimeSpan.FromSeconds(2) }).RunAsync(address, cancel); // warm up
        }

        var rates = servers.ToDictionary(server => server.Name, _ => new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            // The order turns round each time, so that what heats up or fills up hits both.
            foreach (var (name, address) in round % 2 == 0 ? servers : servers.Reverse())
            {
                rates[name].Add(await load.RunAsync(address, cancel));
            }
        }

        await output.WriteLineAsync($"{"server",-20}{"per s, median",16}{"least",10}{"most",10}{"gateway / it",16}");
        var first = rates[servers[0].Name];
        foreach (var (name, its) in rates)
        {
            var ratios = first.Zip(its, (ours, theirs) => ours / theirs).ToList();
            await output.WriteLineAsync($"{name,-20}{Figures.Median(its),16:0}{its.Min(),10:0}{its.Max(),10:0}{Figures.Median(ratios),16:0.00}");
        }
    }
}
