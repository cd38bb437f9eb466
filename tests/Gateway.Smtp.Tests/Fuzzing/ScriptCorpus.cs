using System.Collections.Immutable;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Scripts to begin with, which are the transcripts, and those that brought a dialogue as there had been none.</summary>
internal sealed class ScriptCorpus
{
    private const int MostKept = 400;

    private static readonly Lazy<ImmutableArray<Script>> Transcripts = new(() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Transcripts"), "*.smtp").Order(StringComparer.Ordinal).Select(ReadTranscript),
    ]);

    /// <summary>All that clients send in the transcripts.</summary>
    public static ImmutableArray<byte[]> Octets => [.. Transcripts.Value.SelectMany(script => script.Steps).Select(step => step.Octets.ToArray()).Where(octets => octets.Length is > 0 and < 2_000)];

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<Script> _kept = [];
    private int _next;

    /// <summary>Different sequences of replies so far.</summary>
    public int Seen => _seen.Count;

    /// <summary>A script as it is or newly made, or one that was there before, changed.</summary>
    public Script Next(Random random, SiteKind site)
    {
        if (site.IsSteady && _next < Transcripts.Value.Length && random.Percent(25))
        {
            return Transcripts.Value[_next++] with { Site = site };
        }

        return random.Percent(50)
            ? ScriptGrammar.New(random, site)
            : ScriptMutator.Mutate(random, random.Percent(40) ? ScriptGrammar.New(random, site) : Moved(random, Any(random), site), Any(random));
    }

    /// <summary>Keeps what led to replies as there had been none, if it does so each time: the same seed is to be the same run.</summary>
    public void Learn(Script script, ScriptClient client)
    {
        var signature = string.Join(' ', Collapsed(client.Account.Replies.Select(reply => $"{reply.Name}{reply.Reply.Status}")));
        if (!script.Site.IsSteady || !client.HasHeardAll || client.DependsOnCuts || !_seen.Add(signature))
        {
            return;
        }

        if (_kept.Count == MostKept)
        {
            _kept.RemoveAt(0);
        }

        _kept.Add(script);
    }

    private static IEnumerable<string> Collapsed(IEnumerable<string> words)
    {
        string? last = null;
        foreach (var word in words)
        {
            if (word != last)
            {
                yield return last = word;
            }
        }
    }

    private Script Any(Random random) =>
        _kept.Count > 0 && random.Percent(70) ? _kept[random.Next(_kept.Count)] : Transcripts.Value[random.Next(Transcripts.Value.Length)];

    /// <summary>To another server: behind a proxy with a header, where only it is asked for.</summary>
    private static Script Moved(Random random, Script script, SiteKind site) => script with
    {
        Site = site,
        Steps = site == SiteKind.Proxied && script.Site != site ? script.Steps.Insert(0, Step.Send(ProxyGrammar.Good(random))) : script.Steps,
    };

    private static Script ReadTranscript(string path)
    {
        var steps = ImmutableArray.CreateBuilder<Step>();
        var lines = Transcript.Read(path).Lines.Where(line => line.Kind is "C" or "C-tls" or "S").ToArray();
        foreach (var (index, line) in lines.Index())
        {
            var waits = index + 1 < lines.Length && lines[index + 1].Kind == "S";
            if (line.Kind == "C-tls")
            {
                steps.Add(new(StepKind.Tls, [], waits));
            }
            else if (line.Kind == "C")
            {
                steps.Add(line.Text == TestClient.Close ? new(StepKind.Close, [], Waits: false) : Step.Send(Transcript.OctetsToSend(line.Text), waits));
            }
        }

        return new Script(SiteKind.Strict, ListenerKind.Mx, int.MaxValue, IsEager: false, steps.ToImmutable()).Capped();
    }
}
