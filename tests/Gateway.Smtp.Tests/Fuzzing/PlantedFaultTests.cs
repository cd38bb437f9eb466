namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>The fuzzer finds what is built in, within a bounded number of dialogues, by the invariant that it breaks; and without it finds nothing (<see cref="FuzzTests"/>).</summary>
[Collection(nameof(Fuzzing))]
public sealed class PlantedFaultTests(ITestOutputHelper output)
{
    private const int Rounds = 27;
    private const int Seeds = 3;

    public static TheoryData<string> Plants => [.. PlantedFaults.All.Keys];

    [Theory, MemberData(nameof(Plants))]
    public async Task A_planted_fault_is_found(string name)
    {
        var finding = await FindAsync(name, mostTries: 0);
        Assert.NotNull(finding);
        Assert.Equal(PlantedFaults.All[name].Breaks, finding.Violation.Invariant);
    }

    [Fact]
    public async Task What_is_found_is_shrunk_to_what_it_takes()
    {
        var finding = await FindAsync(PlantedFaults.Least, mostTries: 500);
        Assert.InRange(finding!.Script!.Steps.Length, 1, 4); // a PROXY header if it was there, EHLO, MAIL and RCPT
        Assert.InRange(finding.Script.Octets, 30, 140);
        Assert.Contains("C: RCPT", finding.ToTranscript(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_parser_that_throws_is_found()
    {
        var problem = new ParserFuzzer([("path", octets => _ = octets.AsSpan(octets.AsSpan().IndexOf((byte)'<') + 1, Math.Max(octets.AsSpan().IndexOf((byte)'>'), 0)))])
            .Run(seed: 1, rounds: 1_000, TestContext.Current.CancellationToken);
        output.WriteLine(problem!);
        Assert.Contains(nameof(ArgumentOutOfRangeException), problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decoder_that_loses_an_octet_at_the_edge_of_a_vector_is_found()
    {
        var problem = new DecoderFuzzer(decoder => (Span<byte> input, out int consumed, out int written) =>
        {
            var status = decoder.Decode(input, out consumed, out written);
            written -= written % 64 == 63 ? 1 : 0;
            return status;
        }).Run(seed: 1, rounds: 500, TestContext.Current.CancellationToken);
        Assert.Contains("DATA", problem, StringComparison.Ordinal);
    }

    private async Task<Finding?> FindAsync(string name, int mostTries)
    {
        var (plant, invariant) = PlantedFaults.All[name];
        var fuzzer = new DialogueFuzzer(plant, new()) { Patience = PlantedFaults.PatienceOf(invariant), MostTries = mostTries };
        Finding? finding = null;
        for (var seed = 1; finding is null && seed <= Seeds; seed++)
        {
            finding = await fuzzer.RunAsync(seed, Rounds, TestContext.Current.CancellationToken);
        }

        output.WriteLine($"{finding}");
        return finding;
    }
}
