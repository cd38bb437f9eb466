using System.Collections.Immutable;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Changes a script a little: its steps, how they are cut, and the octets in them.</summary>
internal static class ScriptMutator
{
    /// <param name="random">Decides.</param>
    /// <param name="script">Left as it is.</param>
    /// <param name="other">From which steps and octets may be taken.</param>
    public static Script Mutate(Random random, Script script, Script other)
    {
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            script = script with { Steps = script.Steps.IsEmpty ? other.Steps : Steps(random, script.Steps, other.Steps) };
        }

        return (script with
        {
            OctetsPerWrite = random.Percent(80) ? script.OctetsPerWrite : random.Of(1, 2, random.Next(3, 200), int.MaxValue),
            IsEager = script.IsEager != random.Percent(5),
        }).Capped();
    }

    private static ImmutableArray<Step> Steps(Random random, ImmutableArray<Step> steps, ImmutableArray<Step> other)
    {
        var at = random.Next(steps.Length);
        var step = steps[at];
        switch (random.Next(10))
        {
            case 0:
                return steps.RemoveAt(at);
            case 1:
                return steps.Insert(random.Next(steps.Length + 1), step);
            case 2 when at + 1 < steps.Length:
                return steps.RemoveAt(at).Insert(at + 1, step);
            case 3 when at + 1 < steps.Length && (step.Kind, steps[at + 1].Kind) == (StepKind.Send, StepKind.Send): // in one segment
                return steps.RemoveAt(at + 1).SetItem(at, steps[at + 1] with { Octets = step.Octets.AddRange(steps[at + 1].Octets) });
            case 4 when step is { Kind: StepKind.Send, Octets.Length: > 1 }: // in two
                var cut = random.Next(1, step.Octets.Length);
                return steps.SetItem(at, step with { Octets = step.Octets[..cut] }).Insert(at + 1, step with { Octets = step.Octets[cut..] });
            case 5:
                return steps.SetItem(at, step with { Waits = !step.Waits });
            case 6 when other.Length > 0: // the beginning of one, the end of the other
                return [.. steps.Take(at), .. other.Skip(random.Next(other.Length))];
            case 7 when other.Length > 0:
                var from = random.Next(other.Length);
                return steps.InsertRange(at, other.Skip(from).Take(random.Next(1, 4)));
            default:
                var piece = other.Length > 0 ? other[random.Next(other.Length)].Octets.AsSpan() : [];
                return steps.SetItem(at, step with { Octets = [.. OctetMutator.Mutate(random, step.Octets.AsSpan(), piece)] });
        }
    }
}
