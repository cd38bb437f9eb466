using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Core;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Tests.Protocol;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>
/// Every parser that octets of strangers come to. Each check holds for any octets: a value or a refusal and no exception; a value that is written down and read again is the same one; and
/// what is said of a beginning stays so when more comes.
/// </summary>
internal static class ParserTargets
{
    private const int MaxLine = 512;

    private static readonly SearchValues<char> Controls = SearchValues.Create([.. Enumerable.Range(0, 0x20).Append(0x7f).Select(c => (char)c)]);

    public static IReadOnlyList<(string Name, Action<byte[]> Check)> All { get; } =
    [
        ("command line", CommandLines),
        ("another protocol", ForeignProtocols),
        ("HELO", Helos),
        ("paths", Paths),
        ("parameters of MAIL", Parameters),
        ("address literal", Literals),
        ("IDNA", Domains),
        ("BDAT", Chunks),
        ("PROXY header", ProxyHeaders),
        ("base64", Base64s),
        ("SASL", Mechanisms),
        ("hops", Hops),
        ("reply", ReplyLines),
    ];

    private static void CommandLines(byte[] octets)
    {
        var status = CommandLine.TryTake(octets, MaxLine, out var line, out var consumed);
        Assert.Equal(status == LineStatus.Complete ? line.Length + 2 : 0, consumed);
        Assert.True(status != LineStatus.Complete || octets.AsSpan(line.Length, 2).SequenceEqual("\r\n"u8));
        Assert.True(line.IndexOfAny((byte)'\r', (byte)'\n') < 0);
        var skip = CommandLine.Skip(octets, out var skipped);
        Assert.InRange(skipped, 0, octets.Length);
        var verb = CommandLine.Split(octets, out var argument);
        Assert.True(argument.IsEmpty || (argument[0] != ' ' && argument[^1] != ' '));
        _ = CommandLine.HasOnlyCharactersOf(verb, octets);
        foreach (var begin in Beginnings(octets))
        {
            var early = CommandLine.TryTake(begin, MaxLine, out _, out var taken);
            Assert.True(early == LineStatus.NeedMore || (early, taken) == (status, consumed));
            if (CommandLine.Skip(begin, out var first) == LineStatus.NeedMore)
            {
                Assert.Equal((skip, skipped), (CommandLine.Skip(octets.AsSpan(first), out var second), first + second));
            }
        }
    }

    private static void ForeignProtocols(byte[] octets)
    {
        var foreign = ForeignProtocol.Recognise(octets);
        foreach (var begin in Beginnings(octets))
        {
            var early = ForeignProtocol.Recognise(begin);
            Assert.True(early == Foreign.None || early == foreign);
        }
    }

    private static void Helos(byte[] octets)
    {
        if (HeloName.Parse(octets).TryGet(out var name, out _))
        {
            Assert.True(name.AsSpan().IndexOfAny(Controls) < 0 && !name.Contains(' ', StringComparison.Ordinal));
            Assert.True(HeloName.Parse(Encoding.ASCII.GetBytes(name)).TryGet(out var again, out _));
            Assert.Equal(name, again);
        }
    }

    private static void Paths(byte[] octets)
    {
        foreach (var argument in Arguments(octets))
        {
            if (PathParser.ReversePath(argument, out _, out _).TryGet(out var reverse, out _))
            {
                Assert.True(PathParser.ReversePath(Written(reverse.ToString()), out var rest, out _).TryGet(out var again, out _));
                Assert.Equal(reverse, again);
                Assert.True(rest.IsEmpty);
            }

            if (PathParser.ForwardPath(argument, out _, out _).TryGet(out var forward, out _))
            {
                Assert.True(PathParser.ForwardPath(Written(forward.ToString()), out _, out _).TryGet(out var again, out _));
                Assert.Equal(forward, again);
                Assert.True(forward.Mailbox.Domain is "" || forward.Mailbox.Domain[0] == '[' || DomainName.IsValid(forward.Mailbox.Domain));
            }
        }
    }

    private static byte[] Written(string path)
    {
        Assert.True(path.AsSpan().IndexOfAny(Controls) < 0);
        return Encoding.UTF8.GetBytes($"<{path}>");
    }

    private static void Parameters(byte[] octets)
    {
        foreach (var argument in Arguments(octets).Append(octets))
        {
            if (MailParameters.Parse(argument, offersAuth: true).TryGet(out var parameters, out _))
            {
                var body = parameters.Body switch { BodyType.EightBitMime => " BODY=8BITMIME", BodyType.BinaryMime => " BODY=BINARYMIME", _ => "" };
                var size = parameters.SizeOctets is { } number ? string.Create(CultureInfo.InvariantCulture, $"SIZE={number}") : "";
                var written = $"{size}{body}{(parameters.SmtpUtf8 ? " SMTPUTF8" : "")}";
                Assert.True(MailParameters.Parse(Encoding.ASCII.GetBytes(written), offersAuth: false).TryGet(out var again, out _));
                Assert.Equal(parameters, again);
            }
        }
    }

    private static void Literals(byte[] octets)
    {
        foreach (var octet in octets.Index().Where(octet => octet.Item == '[').Take(4))
        {
            var end = Array.IndexOf(octets, (byte)']', octet.Index);
            if (end > 0 && AddressLiteral.Parse(octets.AsSpan(octet.Index..(end + 1))) is { } literal)
            {
                Assert.Equal(literal, AddressLiteral.Parse(Encoding.ASCII.GetBytes(literal)));
                Assert.Equal(literal, AddressLiteral.Format(IPAddress.Parse(literal[1..^1].Replace("IPv6:", "", StringComparison.Ordinal))));
            }
        }
    }

    private static void Domains(byte[] octets)
    {
        foreach (var text in (string[])[Encoding.UTF8.GetString(octets), Encoding.Latin1.GetString(octets), Encoding.BigEndianUnicode.GetString(octets)])
        {
            if (Idna.ToAscii(text) is { } domain)
            {
                Assert.True(DomainName.IsValid(domain));
                Assert.Equal(domain, Idna.ToAscii(domain));
            }
        }
    }

    private static void Chunks(byte[] octets)
    {
        foreach (var argument in Arguments(octets))
        {
            if (BdatCommand.Parse(argument).TryGet(out var chunk, out _))
            {
                Assert.True(chunk.Octets >= 0);
                Assert.True(BdatCommand.Parse(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{chunk.Octets}{(chunk.IsLast ? " last" : "")}"))).TryGet(out var again, out _));
                Assert.Equal(chunk, again);
            }
        }
    }

    private static void ProxyHeaders(byte[] octets)
    {
        var status = ProxyHeader.TryTake(octets, out var source, out var consumed);
        Assert.InRange(consumed, 0, status == ProxyStatus.Complete ? octets.Length : 0);
        foreach (var begin in Beginnings(octets))
        {
            var early = ProxyHeader.TryTake(begin, out var earlySource, out var taken);
            Assert.True(early == ProxyStatus.NeedMore || (early, taken) == (status, consumed));
            Assert.True(early != ProxyStatus.Complete || Equals(source, earlySource));
        }

        if (source is not null)
        {
            var family = source.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 4 : 6;
            Assert.Equal(ProxyStatus.Complete, ProxyHeader.TryTake(Encoding.ASCII.GetBytes($"PROXY TCP{family} {source} {source} 1 2\r\n"), out var again, out _));
            Assert.Equal(source, again);
        }
    }

    private static void Base64s(byte[] octets)
    {
        if (StrictBase64.TryDecode(octets, out var decoded))
        {
            Assert.Equal(octets, Encoding.ASCII.GetBytes(Convert.ToBase64String(decoded)));
        }

        Span<byte> text = stackalloc byte[octets.Length];
        Assert.InRange(Xtext.Decode(octets, text), -1, octets.Length);
    }

    /// <summary>Whoever knows no password is let in by no mechanism.</summary>
    private static void Mechanisms(byte[] octets)
    {
        foreach (var name in (string[])["PLAIN", "LOGIN", "SCRAM-SHA-256"])
        {
            var mechanism = SaslMechanisms.Create(Encoding.ASCII.GetBytes(name), _ => SaslScramTests.Verifier, "abc")!;
            mechanism.Begin();
            for (var (turn, step) = (0, (SaslStep)mechanism.Begin()); turn < 4; turn++)
            {
                Assert.True(step is SaslStep.Challenge || mechanism.Take(octets) is SaslStep.Refused); // over is over
                step = mechanism.Take(turn == 1 ? octets : Middle(octets));
                Assert.IsNotType<SaslStep.Accepted>(step);
            }
        }
    }

    private static void Hops(byte[] octets)
    {
        var (whole, cut) = (new HopCounter(), new HopCounter());
        whole.Read(octets);
        foreach (var octet in octets)
        {
            cut.Read([octet]);
        }

        Assert.Equal(whole.Hops, cut.Hops);
    }

    /// <summary>No text of ours holds what a client sent; if ever one does, it is still one reply.</summary>
    private static void ReplyLines(byte[] octets)
    {
        var reply = new Reply(550, new(5, 7, 1), Encoding.Latin1.GetString(octets).Replace("j", "", StringComparison.OrdinalIgnoreCase)); // no marker without it
        var encoded = new byte[ReplyEncoder.MaxOctets(reply)];
        var lines = Encoding.Latin1.GetString(encoded, 0, ReplyEncoder.Encode(reply, encoded)).Split("\r\n");
        Assert.Equal("", lines[^1]);
        Assert.Equal("550 5.7.1", ServerReply.Of([.. lines[..^1]]).Status);
    }

    /// <summary>What may be the argument of a command: behind each of the first colons and spaces.</summary>
    private static IEnumerable<byte[]> Arguments(byte[] octets) =>
        octets.Index().Where(octet => octet.Item is (byte)':' or (byte)' ' or (byte)'<').Take(4).Select(octet => Trimmed(octets[(octet.Item == '<' ? octet.Index : octet.Index + 1)..]));

    private static byte[] Trimmed(byte[] octets) => octets.AsSpan().TrimEnd("\r\n"u8).ToArray();

    private static byte[] Middle(byte[] octets) => octets[(octets.Length / 4)..(octets.Length * 3 / 4)];

    private static IEnumerable<byte[]> Beginnings(byte[] octets)
    {
        for (var length = 0; length < octets.Length; length += 1 + (octets.Length / 40))
        {
            yield return octets[..length];
        }
    }
}
