using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Tests.Protocol;

/// <summary>Seeded random messages, full of what matters and of runs about as long as a vector, in random cuts: both decoders against the rule.</summary>
public sealed class RandomContentTests
{
    private const int Rounds = 4_000;

    private static readonly string[] Dull = ["\r\n", "\r\n", "\r\n\r\n", ".", "..", "\r\n.", "\r\n..", "x", "Received: a"];

    private static readonly string[] Odd = ["\0", "\xff", "a\0", "\xff."];

    private static readonly string[] Bad = ["\r", "\n", "\r\r\n", "\r\n\n", "\n.\n", "\n.\r\n", "\r\n.\n", "\r\n.\r", "\r.\r", "\n\r"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Data_is_decoded_as_the_rule_says(int seed)
    {
        var random = new Random(seed);
        var seen = new Dictionary<DataStatus, int>();
        for (var round = 0; round < Rounds; round++)
        {
            var octets = RandomOctets(random, random.Next(4) == 0 ? "" : "\r\n.\r\nNOOP\r\n");
            var limits = RandomLimits(random);
            var wanted = DecodingRule.Data(octets, limits);
            var actual = Decoding.Data(octets, RandomCuts(random, octets.Length), limits);
            Decoding.AgreeInData(wanted, actual, () => $"round {round}, {limits}, {Convert.ToHexString(octets)}");
            seen[wanted.Status] = seen.GetValueOrDefault(wanted.Status) + 1;
        }

        CheckSeen(seen, [DataStatus.NeedMore, DataStatus.Complete, DataStatus.TooLarge, DataStatus.LineTooLong, DataStatus.BadLineEnding, DataStatus.ContainsNul]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Chunks_are_decoded_as_the_rule_says(int seed)
    {
        var random = new Random(seed);
        var seen = new Dictionary<DataStatus, int>();
        for (var round = 0; round < Rounds; round++)
        {
            var octets = RandomOctets(random, random.Next(2) == 0 ? "" : "\r\n");
            var (limits, isBinary) = (RandomLimits(random), random.Next(5) == 0);
            var wanted = DecodingRule.Chunks(octets, limits, isBinary);
            Func<int> segment = random.Next(2) == 0 ? () => 1 + random.Next(100) : () => int.MaxValue / 2;
            var actual = Decoding.Chunks(octets, RandomCuts(random, octets.Length), segment, limits, isBinary);
            Decoding.Agree(wanted, actual, () => $"round {round}, {limits}, {isBinary}, {Convert.ToHexString(octets)}");
            seen[wanted.Status] = seen.GetValueOrDefault(wanted.Status) + 1;
        }

        CheckSeen(seen, [DataStatus.Complete, DataStatus.TooLarge, DataStatus.LineTooLong, DataStatus.BadLineEnding, DataStatus.ContainsNul]);
    }

    private static void CheckSeen(Dictionary<DataStatus, int> seen, DataStatus[] all) =>
        Assert.All(all, status => Assert.InRange(seen.GetValueOrDefault(status), Rounds / 100, Rounds));

    private static DecodingLimits RandomLimits(Random random) => new(
        random.Next(4) == 0 ? random.Next(300) : long.MaxValue,
        random.Next(4) == 0 ? random.Next(64, 200) : int.MaxValue,
        random.Next(2) == 0 ? BareLineEndings.Refuse : BareLineEndings.Accept);

    private static int[] RandomCuts(Random random, int length) => random.Next(8) == 0
        ? [.. Enumerable.Range(0, length)]
        : [.. Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(length + 1)).Order()];

    private static byte[] RandomOctets(Random random, string end)
    {
        var (odd, bad) = (random.Next(3) * 5, random.Next(3) * 8); // percent
        var octets = new List<byte>();
        for (var pieces = random.Next(20); pieces > 0; pieces--)
        {
            if (random.Next(3) == 0)
            {
                var length = (random.Next(1, random.Next(20) == 0 ? 40 : 4) * 32) + random.Next(-3, 4);
                octets.AddRange(Enumerable.Repeat((byte)random.Next('a', 'z'), length));
            }
            else
            {
                var from = random.Next(100) < bad ? Bad : random.Next(100) < odd ? Odd : Dull;
                octets.AddRange(from[random.Next(from.Length)].Select(c => (byte)c));
            }
        }

        return [.. octets, .. end.Select(c => (byte)c)];
    }
}
