using System.Globalization;
using System.Text;

namespace Gateway.Smtp.Tests;

/// <summary>One line of a dialogue file.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Kind">What stands before the colon, without a repeat count.</param>
/// <param name="Text">What stands behind it.</param>
internal sealed record TranscriptLine(int Number, string Kind, string Text);

/// <summary>
/// A dialogue in a file. Lines:
/// <code>
/// # why                   a comment; the first says which rule this is
/// O: MaxErrors=3          an option of the server; O: Limits:GreetDelay=00:00:06, O: ClientIp:Mode=Direct those of other sections
/// @ whole                 the octets go out as they are only, because how they are cut decides the outcome
/// C: EHLO client.example  sent with CRLF behind, or exactly as it is when it has an escape: \r \n \t \0 \\ \xNN
/// C*101: RCPT TO:&lt;u{#}@a&gt;  101 times, {#} counts from 1; {x*20} is x 20 times
/// C-tls:                  the client's handshake; "C-tls: fails" when the server must break it off
/// C: &lt;close&gt;              the client goes away
/// E: STARTTLS             the whole reply to EHLO, with the keywords that are not always there
/// S: 250 2.1.0 *          one reply line, up to the star; S*100: the same 100 times; S: &lt;close&gt; the server closes
/// M: Subject: x\r\n       the next committed message, exactly; "M: *" any. There are as many messages as M lines.
/// D: nul_octet            the defects of the last committed message, exactly; empty for none
/// </code>
/// </summary>
internal sealed class Transcript
{
    /// <summary>Of every reply to EHLO; ehlo_keywords.smtp has it written out.</summary>
    private static readonly string[] Keywords =
        ["mx.example.net", "PIPELINING", "SIZE *", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING", "BINARYMIME", "LIMITS *"];

    private Transcript(IReadOnlyList<TranscriptLine> lines) => Lines = lines;

    public IReadOnlyList<TranscriptLine> Lines { get; }

    public bool IsWholeOnly => Lines.Any(line => line.Kind == "@" && line.Text == "whole");

    public static Transcript Read(string path)
    {
        var lines = new List<TranscriptLine>();
        foreach (var (index, text) in File.ReadAllLines(path, Encoding.UTF8).Index())
        {
            if (text.Length == 0 || text[0] == '#')
            {
                continue;
            }

            if (text[0] == '@')
            {
                lines.Add(new(index + 1, "@", text[1..].Trim()));
                continue;
            }

            var colon = text.IndexOf(':', StringComparison.Ordinal);
            Assert.True(colon > 0, $"{Path.GetFileName(path)}:{index + 1}: no colon");
            var head = text[..colon].Split('*');
            var body = text[(colon + 1)..];
            body = body.StartsWith(' ') ? body[1..] : body;
            if (head[0] == "E")
            {
                lines.AddRange(EhloReply(body).Select(line => new TranscriptLine(index + 1, "S", line)));
                continue;
            }

            for (var i = 1; i <= (head.Length > 1 ? int.Parse(head[1], CultureInfo.InvariantCulture) : 1); i++)
            {
                lines.Add(new(index + 1, head[0], Expand(body, i)));
            }
        }

        return new(lines);
    }

    private static IEnumerable<string> EhloReply(string more)
    {
        string[] lines = [.. Keywords, .. more.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        return lines.Select((line, i) => $"250{(i < lines.Length - 1 ? '-' : ' ')}{line}");
    }

    /// <summary>What a "C:" line sends.</summary>
    public static byte[] OctetsToSend(string text) => Octets(text.Contains('\\', StringComparison.Ordinal) ? text : text + "\\r\\n");

    /// <summary>The octets that a text with escapes means.</summary>
    public static byte[] Octets(string text)
    {
        var octets = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                octets.AddRange(Encoding.UTF8.GetBytes(text[i].ToString()));
                continue;
            }

            octets.Add(text[++i] switch
            {
                'r' => (byte)'\r',
                'n' => (byte)'\n',
                't' => (byte)'\t',
                '0' => 0,
                '\\' => (byte)'\\',
                'x' => byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                var other => throw new FormatException($"No escape: \\{other}"),
            });
            i += text[i] == 'x' ? 2 : 0;
        }

        return [.. octets];
    }

    /// <summary>Replaces {#} by the count and {x*20} by 20 times x.</summary>
    public static string Expand(string text, int count)
    {
        text = text.Replace("{#}", count.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        // From the inside out: the first '}' and the last '{' before it.
        for (var close = text.IndexOf('}', StringComparison.Ordinal); close >= 0; close = text.IndexOf('}', StringComparison.Ordinal))
        {
            var open = text.LastIndexOf('{', close);
            var star = text.LastIndexOf('*', close);
            var times = int.Parse(text.AsSpan((star + 1)..close), CultureInfo.InvariantCulture);
            text = text[..open] + string.Concat(Enumerable.Repeat(text[(open + 1)..star], times)) + text[(close + 1)..];
        }

        return text;
    }
}
