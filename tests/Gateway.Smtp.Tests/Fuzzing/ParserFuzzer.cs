using System.Collections.Immutable;
using System.Text;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Throws the same octets at every parser: lines of the grammars and of the transcripts, changed a little, and letters that mail is made of.</summary>
/// <param name="targets">Each with a check that throws.</param>
internal sealed class ParserFuzzer(IReadOnlyList<(string Name, Action<byte[]> Check)> targets)
{
    private const string Letters = "aAzZ09.-_@<>[]\"\\ :=,;+%!\r\n\t\0\u007f\u0080\u00e4\u00ff\u0130\u03c2\u0660\u200d\u3002\ufeff";

    private static readonly string[] Words =
    [
        "MAIL FROM:", "RCPT TO:", "EHLO ", "BDAT ", " LAST", "PROXY TCP4 ", "IPv6:", "xn--", "SIZE=", "BODY=", "AUTH=", "SMTPUTF8",
        "AUTH PLAIN ", "n,,n=", ",r=", ",p=", "postmaster", "example.net", "127.0.0.1", "::ffff:", "HTTP/1.1", "Received:", "=2C", "+2B",
    ];

    /// <returns>Null: every check held.</returns>
    public string? Run(int seed, int rounds, CancellationToken cancel)
    {
        var random = new Random(seed);
        var seeds = ScriptCorpus.Octets;
        for (var round = 0; round < rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            var octets = Seed(random, seeds);
            for (var times = random.Next(5); times > 0; times--)
            {
                octets = OctetMutator.Mutate(random, octets, seeds[random.Next(seeds.Length)]);
            }

            foreach (var (name, check) in targets)
            {
                if (Failure(check, octets) is { } failure)
                {
                    var least = Least(check, octets);
                    return $"GATEWAY_FUZZ_SEED={seed}, round {round}, {name}: \"{Encoding.Latin1.GetString(least)}\" ({Convert.ToHexString(least)}): {failure}";
                }
            }
        }

        return null;
    }

    private static byte[] Seed(Random random, ImmutableArray<byte[]> seeds) => random.Next(8) switch
    {
        0 => Choice.Utf8(PathGrammar.Mail(random)),
        1 => Choice.Utf8(PathGrammar.Rcpt(random)),
        2 => ProxyGrammar.Header(random),
        3 => Choice.Utf8(PathGrammar.Hello(random)),
        4 => [.. LoginGrammar.Exchange(random).SelectMany(step => step.Octets)],
        5 or 6 => seeds[random.Next(seeds.Length)],
        _ => Choice.Utf8(string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Percent(30) ? random.Of(Words) : $"{Letters[random.Next(Letters.Length)]}"))),
    };

    private static Exception? Failure(Action<byte[]> check, byte[] octets)
    {
        try
        {
            check(octets);
            return null;
        }
        catch (Exception failure) // whatever it is, no parser may throw it
        {
            return failure;
        }
    }

    /// <summary>Without every piece that it fails without too.</summary>
    private static byte[] Least(Action<byte[]> check, byte[] octets)
    {
        for (var length = octets.Length / 2; length > 0; length /= 2)
        {
            for (var at = 0; at < octets.Length;)
            {
                byte[] less = [.. octets[..at], .. octets[Math.Min(octets.Length, at + length)..]];
                (octets, at) = Failure(check, less) is null ? (octets, at + length) : (less, at);
            }
        }

        return octets;
    }
}
