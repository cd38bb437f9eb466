using System.Text;
using System.Text.RegularExpressions;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Tests.Protocol;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>What a server was given that it has to reply to.</summary>
internal enum DueKind
{
    /// <summary>The connection, or the end of a handshake where TLS comes first.</summary>
    Greeting,

    /// <summary>A PROXY header that is none.</summary>
    BadHeader,
    Command,

    /// <summary>BDAT with all of its chunk.</summary>
    Chunk,

    /// <summary>A response in an exchange of AUTH.</summary>
    Response,

    /// <summary>A line that is longer than may be.</summary>
    LongLine,

    /// <summary>All of a message, up to its end.</summary>
    Message,

    /// <summary>What nobody can go on after: a bare CR or LF, another protocol, BDAT without a count, a line without an end.</summary>
    Breach,
}

/// <summary>One thing that has to be replied to.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Octets">Of the input, after which the next one begins.</param>
/// <param name="Line">Of a command, without CRLF.</param>
/// <param name="MayBreak">Of a long line: it may also be the end.</param>
/// <param name="Message">As decoded, in full.</param>
internal sealed partial record Due(DueKind Kind, int Octets, string Line = "", bool MayBreak = false, Decoded? Message = null)
{
    /// <summary>In capitals.</summary>
    public string Verb => Line.Split(' ')[0].ToUpperInvariant();

    public bool IsLast => Kind == DueKind.Chunk && Line.Contains(' ', StringComparison.Ordinal) && Last().IsMatch(Line);

    public string Name => Kind is DueKind.Command or DueKind.Chunk ? Known().IsMatch(Verb) ? Verb : "?" : $"{Kind}";

    /// <summary>The octets of a chunk by its command; null: it has no count.</summary>
    public static decimal? ChunkOctets(string line) =>
        Bdat().Match(line) is { Success: true } match ? decimal.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : null;

    /// <summary>What begins with a line.</summary>
    /// <param name="input">All of it that there is.</param>
    /// <param name="maxOctets">Of the line, CRLF included.</param>
    /// <param name="maxSkipped">Of an overlong one.</param>
    /// <param name="isResponse">It is one of AUTH.</param>
    /// <returns>Null: there is too little of it.</returns>
    public static Due? OfLine(ReadOnlySpan<byte> input, int maxOctets, int maxSkipped, bool isResponse)
    {
        var end = input.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0 || (input[end] == '\r' && end + 1 == input.Length))
        {
            return input.Length >= maxOctets && (end < 0 ? input.Length : end) > maxSkipped ? new(DueKind.Breach, 0) : null;
        }

        if (input[end] == '\n' || input[end + 1] != '\n')
        {
            return new(DueKind.Breach, 0);
        }

        if (end + 2 > maxOctets)
        {
            return new(DueKind.LongLine, end + 2, MayBreak: end > maxSkipped);
        }

        return isResponse ? new(DueKind.Response, end + 2) : OfCommand(Encoding.Latin1.GetString(input[..end]), input.Length);
    }

    /// <returns>The message behind DATA; null: it has no end yet.</returns>
    public static Due? OfMessage(ReadOnlySpan<byte> input, DecodingLimits limits)
    {
        var message = DecodingRule.Data(input.ToArray(), limits);
        return message.Status switch
        {
            DataStatus.NeedMore => null,
            DataStatus.BadLineEnding => new(DueKind.Breach, 0),
            _ => new(DueKind.Message, message.Consumed, Message: message),
        };
    }

    private static Due? OfCommand(string line, int inputOctets)
    {
        var due = new Due(DueKind.Command, line.Length + 2, line);
        if (due.Verb != "BDAT")
        {
            return due;
        }

        var octets = ChunkOctets(line);
        return octets is null ? new(DueKind.Breach, 0, line) : inputOctets - due.Octets < octets ? null : due with { Kind = DueKind.Chunk, Octets = due.Octets + (int)octets };
    }

    [GeneratedRegex("^BDAT +([0-9]{1,20})( LAST)? *$", RegexOptions.IgnoreCase)]
    private static partial Regex Bdat();

    [GeneratedRegex(" LAST *$", RegexOptions.IgnoreCase)]
    private static partial Regex Last();

    [GeneratedRegex("^[A-Z]{4,8}$")]
    private static partial Regex Known();
}
