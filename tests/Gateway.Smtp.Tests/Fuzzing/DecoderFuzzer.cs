using Gateway.Smtp.Protocol;
using Gateway.Smtp.Tests.Protocol;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Contents of messages, changed a little and cut anywhere, through the decoders of DATA and BDAT and through the rule.</summary>
/// <param name="instead">Of the decoder of DATA; null: itself.</param>
internal sealed class DecoderFuzzer(Func<DataDecoder, Gateway.Smtp.Decoding>? instead = null)
{
    /// <returns>Null: they agreed.</returns>
    public string? Run(int seed, int rounds, CancellationToken cancel)
    {
        var random = new Random(seed);
        for (var round = 0; round < rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            var octets = BodyGrammar.Content(random);
            for (var times = random.Next(4); times > 0; times--)
            {
                octets = OctetMutator.Mutate(random, octets, octets);
            }

            octets = [.. octets, .. random.Percent(80) ? "\r\n.\r\nNOOP\r\n"u8 : []];
            var limits = Limits(random, octets.Length);
            try
            {
                Compare(random, octets, limits);
            }
            catch (Exception failure) // whatever it is, no decoder may throw it
            {
                return $"GATEWAY_FUZZ_SEED={seed}, round {round}, {limits}, {Convert.ToHexString(octets)}: {failure}";
            }
        }

        return null;
    }

    private void Compare(Random random, byte[] octets, DecodingLimits limits)
    {
        var data = Protocol.Decoding.Data(octets, Cuts(random, octets.Length), limits, instead);
        Protocol.Decoding.AgreeInData(DecodingRule.Data(octets, limits), data, () => "DATA");
        var isBinary = random.Percent(20);
        var segment = random.Of(1, random.Next(1, 100), int.MaxValue / 2);
        var chunks = Protocol.Decoding.Chunks(octets, Cuts(random, octets.Length), () => segment, limits, isBinary);
        Protocol.Decoding.Agree(DecodingRule.Chunks(octets, limits, isBinary), chunks, () => "BDAT");
    }

    private static DecodingLimits Limits(Random random, int octets) => new(
        random.Percent(25) ? Math.Max(0, octets + random.Next(-20, 20)) : long.MaxValue,
        random.Percent(25) ? random.Next(64, 200) : int.MaxValue,
        random.Of(BareLineEndings.Refuse, BareLineEndings.Accept));

    private static int[] Cuts(Random random, int length) => random.Percent(length < 1_000 ? 10 : 0)
        ? [.. Enumerable.Range(0, length)]
        : [.. Enumerable.Range(0, random.Next(8)).Select(_ => random.Next(length + 1)).Order()];
}
