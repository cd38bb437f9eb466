namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Finds the one dialogue of a batch that breaks an invariant, and the least of it that still does.</summary>
/// <param name="plant">As in the run.</param>
/// <param name="patience">Likewise.</param>
/// <param name="mostTries">After which the least so far is good enough.</param>
internal sealed class Shrinker(Plant plant, TimeSpan patience, int mostTries)
{
    /// <summary>Of those where what never comes is waited for.</summary>
    private const int MostWaits = 4;

    private int _tries;

    public async Task<Finding> ExplainAsync(int seed, int round, IReadOnlyList<Script> scripts, ViolationException violation, CancellationToken cancel)
    {
        foreach (var script in scripts)
        {
            if (await TryAsync(script, cancel) is { } same && same.Invariant == violation.Invariant)
            {
                var least = await LeastAsync(script, violation.Invariant, cancel);
                return new(seed, round, least, least == script ? same : await TryAsync(least, cancel) ?? same);
            }
        }

        return new(seed, round, null, violation);
    }

    /// <summary>Without one step or one piece of a step after the other, in halves first (delta debugging).</summary>
    private async Task<Script> LeastAsync(Script script, Invariant invariant, CancellationToken cancel)
    {
        for (var length = Math.Max(1, script.Steps.Length / 2); length > 0; length /= 2)
        {
            for (var at = 0; at < script.Steps.Length;)
            {
                var less = script with { Steps = script.Steps.RemoveRange(at, Math.Min(length, script.Steps.Length - at)) };
                (script, at) = await BreaksAsync(less, invariant, cancel) ? (less, at) : (script, at + length);
            }
        }

        for (var step = 0; step < script.Steps.Length; step++)
        {
            for (var length = script.Steps[step].Octets.Length / 2; length > 0; length /= 2)
            {
                for (var at = 0; at < script.Steps[step].Octets.Length;)
                {
                    var less = WithoutOctets(script, step, at, length);
                    (script, at) = await BreaksAsync(less, invariant, cancel) ? (less, at) : (script, at + length);
                }
            }
        }

        return script;
    }

    private static Script WithoutOctets(Script script, int step, int at, int length)
    {
        var octets = script.Steps[step].Octets;
        return script with { Steps = script.Steps.SetItem(step, script.Steps[step] with { Octets = octets.RemoveRange(at, Math.Min(length, octets.Length - at)) }) };
    }

    private async Task<bool> BreaksAsync(Script script, Invariant invariant, CancellationToken cancel) =>
        _tries++ < (invariant is Invariant.End or Invariant.Leak ? MostWaits : mostTries) && await TryAsync(script, cancel) is { } violation && violation.Invariant == invariant;

    /// <summary>Alone, against a new server.</summary>
    private async Task<ViolationException?> TryAsync(Script script, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        await using var site = new FuzzSite(script.Site, plant);
        try
        {
            await new DialogueBatch(site, patience).PlayAsync([script]);
            return null;
        }
        catch (ViolationException violation)
        {
            return violation;
        }
    }
}
