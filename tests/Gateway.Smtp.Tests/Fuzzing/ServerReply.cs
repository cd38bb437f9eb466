using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>One reply as it came.</summary>
/// <param name="Lines">Without CRLF.</param>
internal sealed partial record ServerReply(ImmutableArray<string> Lines)
{
    /// <summary>In addresses and names that are sent: it must be in no reply, and in no log but at Debug.</summary>
    public const string Marker = "zqxj";

    /// <summary>In passwords and contents that are sent: it must be in no reply and in no log at all.</summary>
    public const string Secret = "wkvj7";

    private const int MaxLineOctets = 510; // and CRLF

    public int Code { get; } = int.Parse(Lines[0].AsSpan(0, 3), CultureInfo.InvariantCulture);

    /// <summary>Its code and enhanced code: "250 2.1.0".</summary>
    public string Status { get; } = WithStatus().Match(Lines[0]) is { Success: true } match ? $"{Lines[0][..3]} {match.Groups[1].Value}" : Lines[0][..3];

    public bool HasStatus => Status.Length > 3;

    /// <summary>After it there is nothing more to come (RFC 5321 section 3.8, RFC 7504).</summary>
    public bool Closes => Code is 221 or 421 or 521;

    /// <summary>What is behind code and enhanced code in the last line.</summary>
    public string Text => Lines[^1][Math.Min(Lines[^1].Length, Status.Length + 1)..];

    /// <summary>A line of the server that is none in form; null: it is one.</summary>
    public static ServerReply Of(ImmutableArray<string> lines)
    {
        foreach (var line in lines)
        {
            if (line.Length > MaxLineOctets || !Form().IsMatch(line))
            {
                throw new ViolationException(Invariant.Form, $"\"{line}\" is no line of a reply");
            }
        }

        var reply = new ServerReply(lines);
        var isWhole = lines[..^1].All(line => line[3] == '-') && lines[^1][3] == ' ' && lines.All(line => line.StartsWith(lines[0][..3], StringComparison.Ordinal));
        if (!isWhole || (reply.HasStatus && reply.Status[4] != reply.Status[0]) || (reply.HasStatus && lines.Any(line => line[4..].StartsWith(reply.Status[4..] + " ", StringComparison.Ordinal) == false)))
        {
            throw new ViolationException(Invariant.Form, $"\"{string.Join("\\n", lines)}\" does not fit together");
        }

        if (reply.Code != 334 && lines.Any(TellsWhatWasSent))
        {
            throw new ViolationException(Invariant.Echo, $"\"{string.Join("\\n", lines)}\" repeats what a client sent");
        }

        return reply;
    }

    /// <summary>A word of the client's is in it.</summary>
    private static bool TellsWhatWasSent(string text) => text.Contains(Marker, StringComparison.OrdinalIgnoreCase) || text.Contains(Secret, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => string.Join('\n', Lines);

    [GeneratedRegex("^[2-5][0-5][0-9][ -][ -~]*$")]
    private static partial Regex Form();

    [GeneratedRegex("^[0-9]{3}[ -]([245][.][0-9]{1,3}[.][0-9]{1,3}) ")]
    private static partial Regex WithStatus();
}
