using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>The content of messages, full of what matters and of runs about as long as a vector, and how it is handed over.</summary>
internal static class BodyGrammar
{
    private static readonly string[] Good =
    [
        "Subject: x\r\n", "Received: x\r\n", "\r\n", "..\r\n", "..x\r\n", ".x\r\n", "text\r\n",
        "MAIL FROM:<x@y>\r\n", "BDAT 5 LAST\r\n", ServerReply.Secret + "\r\n", ".",
    ];

    private static readonly string[] Odd = ["\0", "\xff", "\r\n.", "\xff\xfe\r\n", "a\0\r\n"];

    private static readonly string[] Bad =
        ["\r", "\n", "\n.\n", "\n.\r\n", "\r\n.\n", "\r\n.\r", "\r.\r", "\r\r\n", "\r\n\n", "\n\r", "\r\n.\r\r\n", "\r\n\0.\r\n", "\r\n.\r\nMAIL FROM:<smuggled@client.example>\r\nRCPT TO:<user@example.net>\r\nDATA\r\nx"];

    /// <summary>Without the end.</summary>
    public static byte[] Content(Random random)
    {
        var octets = new List<byte>();
        var (odd, bad) = (random.Percent(20) ? 10 : 0, random.Percent(20) ? 10 : 0);
        for (var pieces = random.Next(random.Percent(90) ? 12 : 60); pieces > 0; pieces--)
        {
            octets.AddRange(random.Percent(25)
                ? Run(random)
                : Choice.Latin1(random.Of(random.Percent(bad) ? Bad : random.Percent(odd) ? Odd : Good)));
        }

        if (random.Percent(3)) // about as large as may be
        {
            octets.AddRange(Enumerable.Repeat("0123456789abcdef0123456789abcd\r\n"u8.ToArray(), random.Of(2_047, 2_048, 2_049, 2_100)).SelectMany(line => line));
        }

        return [.. octets];
    }

    /// <summary>DATA to the end of the message.</summary>
    public static ImmutableArray<Step> Data(Random random)
    {
        byte[] content = [.. Content(random), .. random.Percent(90) ? "\r\n.\r\n"u8 : ".\r\n"u8];
        return random.Percent(60)
            ? [Line("DATA"), Step.Send(content)]
            : [Step.Send([.. "DATA\r\n"u8, .. content], random.Percent(80))];
    }

    /// <summary>The beginning of a message, and nothing more for a while.</summary>
    public static ImmutableArray<Step> Unfinished(Random random) =>
    [
        random.Percent(50) ? Line("DATA") : Step.Send(Choice.Utf8("BDAT 100000\r\n")),
        Step.Send(Content(random)),
        new(StepKind.Pause, [], Waits: false),
    ];

    /// <summary>A message in chunks, whose counts are right, mostly.</summary>
    public static ImmutableArray<Step> Chunks(Random random)
    {
        var steps = ImmutableArray.CreateBuilder<Step>();
        for (var chunks = random.Next(1, 5); chunks > 0; chunks--)
        {
            var content = Content(random);
            var isLast = chunks == 1;
            content = isLast && random.Percent(80) ? [.. content, .. "\r\n"u8] : content;
            steps.Add(Step.Send([.. Choice.Utf8(Bdat(random, content.Length, isLast) + "\r\n"), .. content], random.Percent(60)));
            if (random.Percent(8))
            {
                steps.Add(Line(random.Of("NOOP", "RSET", "DATA", "EHLO client.example", "MAIL FROM:<>", "BDAT 0", "STARTTLS")));
            }
        }

        return steps.ToImmutable();
    }

    private static string Bdat(Random random, int octets, bool isLast)
    {
        var last = isLast == random.Percent(97) ? " LAST" : "";
        if (random.Percent(94))
        {
            return $"{random.Of("BDAT", "BDAT", "bdat")} {octets}{last}";
        }

        return random.Next(6) switch
        {
            0 => string.Create(CultureInfo.InvariantCulture, $"BDAT {octets + random.Next(-3, 4)}{last}"),
            1 => $"BDAT 000{octets}{last}",
            2 => $"BDAT{last}",
            3 => $"BDAT {random.Of("-1", "x", "18446744073709551616", "99999999999999999999", "999999999999999999999", "0x10", "")}{last}",
            4 => $"BDAT {octets} LATS",
            _ => $"BDAT  {octets}  {last}",
        };
    }

    private static IEnumerable<byte> Run(Random random)
    {
        var length = (random.Next(1, random.Percent(5) ? 40 : 5) * 32) + random.Next(-3, 4);
        return Enumerable.Repeat((byte)random.Next('a', 'z'), length).Concat("\r\n"u8.ToArray().Take(random.Percent(70) ? 2 : 0));
    }

    private static Step Line(string text) => Step.Send(Choice.Utf8(text + "\r\n"));
}
