namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Plays scripts against one site, several at a time, and settles the accounts when all are gone.</summary>
internal sealed class DialogueBatch(FuzzSite site, TimeSpan patience)
{
    private const int AtATime = 8;
    private const int AtATimeInHaste = 24; // more than there is room for

    /// <param name="scripts">All of this site.</param>
    /// <param name="drainsAfter">So many have ended when the server begins to drain; null: it does not.</param>
    /// <returns>The clients, in the order of their scripts.</returns>
    /// <exception cref="ViolationException">Something does not hold.</exception>
    public async Task<ScriptClient[]> PlayAsync(IReadOnlyList<Script> scripts, int? drainsAfter = null)
    {
        var clients = new ScriptClient[scripts.Count];
        if (drainsAfter is not null)
        {
            site.ExpectDrain();
        }

        await site.PassTimeUntilAsync(PlayAllAsync(scripts, clients, drainsAfter));
        var committed = await site.CloseAccountsAsync(patience);
        Compare(clients, committed);
        await site.CheckPlacesAsync(patience);
        return clients;
    }

    private async Task PlayAllAsync(IReadOnlyList<Script> scripts, ScriptClient[] clients, int? drainsAfter)
    {
        var (ended, draining) = (0, Task.CompletedTask);
        await Parallel.ForEachAsync(scripts.Index(), new ParallelOptions { MaxDegreeOfParallelism = site.Kind == SiteKind.Hasty ? AtATimeInHaste : AtATime }, async (script, _) =>
        {
            await using var client = clients[script.Index] = new(script.Item, site, patience);
            await client.PlayAsync();
            if (Interlocked.Increment(ref ended) == drainsAfter)
            {
                draining = site.DrainAsync();
            }
        });
        await draining;
    }

    /// <summary>Each message that was answered 250 is there once, and no other but one whose answer nobody waited for.</summary>
    private static void Compare(ScriptClient[] clients, List<byte[]> committed)
    {
        var left = committed.GroupBy(Convert.ToHexString).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        foreach (var message in clients.SelectMany(client => client.Account.Accepted).Select(Convert.ToHexString))
        {
            left[message] = left.GetValueOrDefault(message) - 1;
        }

        if (left.FirstOrDefault(message => message.Value < 0).Key is { } lost)
        {
            throw new ViolationException(Invariant.Message, $"answered 250 and not committed: {lost}");
        }

        var unheard = clients.Where(client => !client.HasHeardAll).Sum(client => client.Account.MostUnheardMessages);
        if (left.Values.Sum() > unheard)
        {
            throw new ViolationException(Invariant.Message, $"committed and not answered 250: {left.First(message => message.Value > 0).Key}");
        }
    }
}
