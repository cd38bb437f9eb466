using System.Collections.Immutable;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Whole dialogues: so that most come as far as a message, and what is odd about them comes anywhere.</summary>
internal static class ScriptGrammar
{
    private static readonly string[] Commands =
    [
        "NOOP", "NOOP x", "RSET", "RSET x", "HELP", "VRFY user", "VRFY", $"VRFY {ServerReply.Marker}", "QUIT x", "EXPN x", "TURN", "ETRN x", ServerReply.Marker, "", " ", "NOOP\t", "\u00e4", "DATA x",
        "MAIL", "RCPT", "STARTTLS x", "EHLO client.example", "HELO client.example", "GET / HTTP/1.1", "FOO * HTTP/1.1", "OPTIONS sip:x SIP/2.0", "SSH-2.0-x", "POST",
    ];

    public static Script New(Random random, SiteKind site)
    {
        var listener = random.Of(ListenerKind.Mx, ListenerKind.Mx, ListenerKind.Mx, ListenerKind.Submission, ListenerKind.Submissions);
        var steps = new List<Step>();
        Begin(random, site, listener, steps);
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            if (random.Percent(70))
            {
                Transaction(random, site, steps);
            }
            else
            {
                steps.AddRange(Aside(random));
            }
        }

        End(random, steps);
        var octetsPerWrite = random.Of(int.MaxValue, int.MaxValue, int.MaxValue, 1, random.Next(2, 100));
        return new Script(site, listener, octetsPerWrite, IsEager: random.Percent(15), [.. steps]).Capped();
    }

    /// <summary>As far as the first transaction.</summary>
    private static void Begin(Random random, SiteKind site, ListenerKind listener, List<Step> steps)
    {
        var isUsers = listener != ListenerKind.Mx;
        var header = site != SiteKind.Proxied ? [] : random.Percent(70) ? ProxyGrammar.Good(random) : ProxyGrammar.Header(random);
        if (listener == ListenerKind.Submissions && random.Percent(95))
        {
            if (random.Percent(50) && header.Length > 0)
            {
                steps.Add(Step.Send(header));
                header = [];
            }

            steps.Add(new(StepKind.Tls, [.. header], Waits: true));
        }
        else if (header.Length > 0)
        {
            steps.Add(Step.Send(header, random.Percent(60)));
        }

        steps.Add(Line(random, PathGrammar.Hello(random)));
        if (listener != ListenerKind.Submissions && random.Percent(isUsers ? 95 : 12))
        {
            steps.AddRange(StartTls(random));
            steps.Add(Line(random, PathGrammar.Hello(random)));
        }

        for (var exchanges = random.Percent(isUsers ? 25 : 3) ? random.Of(1, 1, 5) : 0; exchanges > 0; exchanges--)
        {
            steps.AddRange(LoginGrammar.Exchange(random));
        }

        if (isUsers && random.Percent(90))
        {
            steps.AddRange(LoginGrammar.Success(random));
        }
    }

    private static void Transaction(Random random, SiteKind site, List<Step> steps)
    {
        var isPipelined = random.Percent(40);
        var lines = new List<string> { PathGrammar.Mail(random) };
        for (var count = random.Percent(85) ? random.Next(3) : random.Next(3, 12); count > 0; count--)
        {
            lines.Add(PathGrammar.Rcpt(random));
        }

        lines.Insert(random.Next(1, lines.Count + 1), "RCPT TO:<user@example.net>");
        steps.AddRange(lines.Select(line => Step.Send(Choice.Utf8(line + "\r\n"), !isPipelined)));
        if (random.Percent(6))
        {
            steps.AddRange(Aside(random));
        }

        steps.AddRange(random.Percent(site == SiteKind.Hasty ? 60 : 4) ? BodyGrammar.Unfinished(random) : random.Percent(50) ? BodyGrammar.Data(random) : BodyGrammar.Chunks(random));
    }

    /// <summary>What does not belong to a message.</summary>
    private static IEnumerable<Step> Aside(Random random) => random.Next(12) switch
    {
        0 => LoginGrammar.Exchange(random),
        1 => StartTls(random),
        2 => [Step.Send(Garbage(random), random.Percent(50))],
        3 => [Step.Send(LongLine(random))],
        4 => Enumerable.Repeat(Line(random, random.Of(Commands)), random.Of(3, 10, 35)),
        5 => [new(StepKind.Tls, [.. "\u0016\u0003\u0001\u0000\u0005\u0001"u8], Waits: true)],
        6 => BodyGrammar.Data(random),
        7 => BodyGrammar.Chunks(random),
        8 => [new(StepKind.Pause, [], Waits: true)],
        _ => [Line(random, random.Of(Commands))],
    };

    private static ImmutableArray<Step> StartTls(Random random) =>
    [
        Step.Send(Choice.Utf8("STARTTLS\r\n" + random.Of("", "", "", "", "", "EHLO injected.example\r\n", "MAIL FROM:<injected@client.example>\r\n", "N"))),
        new(StepKind.Tls, [], Waits: true),
    ];

    private static void End(Random random, List<Step> steps)
    {
        switch (random.Next(10))
        {
            case 0:
                steps.Add(new(StepKind.Close, [], Waits: false));
                break;
            case 1:
                steps.Add(Step.Send(Choice.Utf8(random.Of("QUIT", "NOO", "QUIT\r", "QUIT\r\nNOOP\r\n", "BDAT 100\r\nx")), random.Percent(50)));
                break;
            case 2:
                steps.Add(new(StepKind.Pause, [], Waits: false));
                break;
            case < 7:
                steps.Add(Line(random, "QUIT"));
                break;
        }
    }

    private static byte[] LongLine(Random random) =>
    [
        .. Enumerable.Repeat((byte)'x', random.Of(505, 510, 511, 512, 1_000, 1_023, 1_024, 1_025, 2_046, 2_048, 5_000)),
        .. Choice.Latin1(random.Of("\r\n", "\r\n", "\r\nNOOP\r\n", "\n", "\r", "")),
    ];

    private static byte[] Garbage(Random random)
    {
        var octets = new byte[random.Next(1, 60)];
        random.NextBytes(octets);
        return octets;
    }

    private static Step Line(Random random, string text) => Step.Send(Choice.Utf8(text + "\r\n"), random.Percent(80));
}
