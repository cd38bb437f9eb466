namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Makes up dialogues by a seed, plays them against real servers, and finds what breaks an invariant.</summary>
/// <param name="plant">A fault that is built in; none: the servers as they are.</param>
/// <param name="reach">Is told how far they came.</param>
internal sealed class DialogueFuzzer(Plant plant, Reach reach)
{
    /// <summary>Dialogues of one batch, against one site.</summary>
    public const int BatchSize = 24;

    /// <summary>The hasty one takes as long as all the others.</summary>
    private static readonly SiteKind[] Order =
    [
        SiteKind.Strict, SiteKind.Lenient, SiteKind.Proxied, SiteKind.Strict, SiteKind.Hasty, SiteKind.Strict, SiteKind.Lenient, SiteKind.Proxied, SiteKind.Strict,
    ];

    /// <summary>A reply, or the end, that is not there after that will never be: how long it takes decides nothing.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Differs when something else was played.</summary>
    public int Played { get; private set; }

    /// <summary>Dialogues that are tried to find the least one.</summary>
    public int MostTries { get; init; } = 400;

    /// <summary>All batches of a seed; the servers drain in the middle of the last ones.</summary>
    /// <returns>Null: every invariant held.</returns>
    public async Task<Finding?> RunAsync(int seed, int rounds, CancellationToken cancel)
    {
        var (random, corpus, sites) = (new Random(seed), new ScriptCorpus(), new Dictionary<SiteKind, FuzzSite>());
        try
        {
            for (var round = 0; round < rounds; round++)
            {
                cancel.ThrowIfCancellationRequested();
                var kind = Order[round % Order.Length];
                var site = sites.TryGetValue(kind, out var there) ? there : sites[kind] = new(kind, plant);
                Script[] scripts = [.. Enumerable.Range(0, BatchSize).Select(_ => corpus.Next(random, kind))];
                Played = HashCode.Combine(Played, corpus.Seen, scripts.Sum(script => (long)script.Octets));
                var drains = !Order.Skip((round % Order.Length) + 1).Take(rounds - round - 1).Contains(kind) && rounds - round <= Order.Length;
                try
                {
                    await PlayAsync(site, scripts, corpus, drains);
                }
                catch (ViolationException violation)
                {
                    return await new Shrinker(plant, Patience, MostTries).ExplainAsync(seed, round, scripts, violation, cancel);
                }
            }
        }
        finally
        {
            foreach (var site in sites.Values)
            {
                await site.DisposeAsync();
            }
        }

        reach.Count("different dialogues", corpus.Seen);
        return null;
    }

    private async Task PlayAsync(FuzzSite site, Script[] scripts, ScriptCorpus corpus, bool drains)
    {
        site.PassTime();
        var clients = await new DialogueBatch(site, Patience).PlayAsync(scripts, drains ? BatchSize / 2 : null);
        foreach (var (script, client) in scripts.Zip(clients))
        {
            reach.Count(script, client.Account, client.Handshakes);
            if (!drains)
            {
                corpus.Learn(script, client);
            }
        }
    }
}
