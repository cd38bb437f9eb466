using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>They measure memory and need the processor, so nothing else runs meanwhile.</summary>
[CollectionDefinition(nameof(Fuzzing), DisableParallelization = true)]
public sealed class Fuzzing;

/// <summary>
/// Whatever a client sends: no exception, each command one reply and each reply well-formed, a message once or not at all, an end, and nothing left behind. The same seed is the same run.
/// </summary>
/// <remarks>
/// <c>GATEWAY_FUZZ_SEED</c> is the seed to run, or the first one of the long run; <c>GATEWAY_FUZZ_MINUTES</c> how long that is. What is found is left in artifacts/fuzz/ as the beginning of a
/// transcript.
/// </remarks>
[Collection(nameof(Fuzzing))]
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Rounds = 27; // batches of dialogues
    private const int ParserRounds = 10_000;
    private const int DecoderRounds = 400;
    private const int DefaultSeed = 1;
    private const int DefaultMinutes = 10;
    private const long MostGrowth = 48 * 1024 * 1024;

    /// <summary>Where the build leaves everything.</summary>
    private static readonly string Artifacts = typeof(FuzzTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Artifacts").Value!;

    private readonly Reach _reach = new();

    [Fact]
    public async Task Whatever_is_sent_every_invariant_holds()
    {
        await RunAsync(Setting("SEED", DefaultSeed));
        CheckReach();
    }

    [Fact]
    public async Task The_same_seed_is_the_same_run()
    {
        var (first, second) = (new DialogueFuzzer(Plant.None, _reach), new DialogueFuzzer(Plant.None, _reach));
        Assert.Null(await first.RunAsync(DefaultSeed, Rounds / 3, TestContext.Current.CancellationToken));
        Assert.Null(await second.RunAsync(DefaultSeed, Rounds / 3, TestContext.Current.CancellationToken));
        Assert.Equal(first.Played, second.Played);
    }

    [Fact]
    [Trait("Category", "slow")]
    public async Task Whatever_is_sent_for_minutes_every_invariant_holds()
    {
        var (seed, minutes) = (Setting("SEED", DefaultSeed + 1), TimeSpan.FromMinutes(Setting("MINUTES", DefaultMinutes)));
        var clock = Stopwatch.StartNew();
        await RunAsync(seed++); // once for what is made once
        var before = GC.GetTotalMemory(forceFullCollection: true);
        while (clock.Elapsed < minutes)
        {
            await RunAsync(seed++);
        }

        var growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(growth < MostGrowth, $"{growth} octets more are held after {seed} seeds");
        CheckReach();
        var results = Directory.CreateDirectory(Path.Combine(Artifacts, "results"));
        await File.WriteAllTextAsync(Path.Combine(results.FullName, "fuzz.table"), $"{_reach}\n", TestContext.Current.CancellationToken);
    }

    private async Task RunAsync(int seed)
    {
        var cancel = TestContext.Current.CancellationToken;
        var problem = new ParserFuzzer(ParserTargets.All).Run(seed, ParserRounds, cancel) ?? new DecoderFuzzer().Run(seed, DecoderRounds, cancel);
        Assert.True(problem is null, problem);
        var finding = await new DialogueFuzzer(Plant.None, _reach).RunAsync(seed, Rounds, cancel);
        if (finding is not null)
        {
            var folder = Directory.CreateDirectory(Path.Combine(Artifacts, "fuzz"));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, string.Create(CultureInfo.InvariantCulture, $"seed_{seed}.smtp")), finding.ToTranscript(), cancel);
            Assert.Fail(finding.ToString());
        }

        _reach.Count("seeds");
        _reach.Count("inputs of every parser", ParserRounds);
        _reach.Count("contents through both decoders", DecoderRounds);
    }

    private void CheckReach()
    {
        output.WriteLine(_reach.ToString());
        Assert.True(!_reach.Missing.Any(), $"never reached: {string.Join(", ", _reach.Missing)}");
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable($"GATEWAY_FUZZ_{name}") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
