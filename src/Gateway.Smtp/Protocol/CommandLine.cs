using System.Collections.Immutable;
using System.Text;

namespace Gateway.Smtp.Protocol;

/// <summary>What was found at the front of the input.</summary>
public enum LineStatus
{
    /// <summary>No whole line yet, and none that is wrong already; nothing is consumed.</summary>
    NeedMore,
    Complete,

    /// <summary>No CRLF within the limit: the rest of the line is to be skipped before anything is answered.</summary>
    TooLong,

    /// <summary>A CR without LF or a LF without CR. What follows cannot be trusted to be a command.</summary>
    BadLineEnding,
}

/// <summary>Takes command lines off the input and splits them (RFC 5321 sections 2.3.8 and 4.1.1).</summary>
/// <remarks>The answer depends on the octets alone, never on how they were cut into segments.</remarks>
public static class CommandLine
{
    private static readonly ImmutableArray<(string Name, Verb Verb)> Verbs =
    [
        ("MAIL", Verb.Mail), ("RCPT", Verb.Rcpt), ("DATA", Verb.Data), ("EHLO", Verb.Ehlo), ("HELO", Verb.Helo), ("QUIT", Verb.Quit),
        ("RSET", Verb.Rset), ("NOOP", Verb.Noop), ("VRFY", Verb.Vrfy), ("HELP", Verb.Help), ("STARTTLS", Verb.StartTls),
        ("EXPN", Verb.Unimplemented), ("TURN", Verb.Unimplemented), ("ETRN", Verb.Unimplemented), ("AUTH", Verb.Auth),
        ("BDAT", Verb.Bdat), ("SEND", Verb.Unimplemented), ("SOML", Verb.Unimplemented), ("SAML", Verb.Unimplemented),
    ];

    /// <summary>Looks for one CRLF-ended line at the front of the input.</summary>
    /// <param name="input">Octets received and not yet consumed.</param>
    /// <param name="maxOctets">Longest line taken, CRLF included (RFC 5321 section 4.5.3.1.4 asks for at least 512).</param>
    /// <param name="line">The line without its CRLF; empty unless complete.</param>
    /// <param name="consumed">The line with its CRLF; 0 unless complete.</param>
    public static LineStatus TryTake(ReadOnlySpan<byte> input, int maxOctets, out ReadOnlySpan<byte> line, out int consumed)
    {
        line = default;
        consumed = 0;
        var window = input[..Math.Min(input.Length, maxOctets)];
        var end = window.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0 || (window[end] == '\r' && end + 1 == window.Length))
        {
            return window.Length < maxOctets ? LineStatus.NeedMore : LineStatus.TooLong;
        }

        if (window[end] == '\n' || window[end + 1] != '\n')
        {
            return LineStatus.BadLineEnding;
        }

        line = window[..end];
        consumed = end + 2;
        return LineStatus.Complete;
    }

    /// <summary>Goes on after <see cref="LineStatus.TooLong"/>: consumes up to and with the CRLF, or all but a last CR when there is none.</summary>
    public static LineStatus Skip(ReadOnlySpan<byte> input, out int consumed)
    {
        var end = input.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0 || (input[end] == '\r' && end + 1 == input.Length))
        {
            consumed = end < 0 ? input.Length : end;
            return LineStatus.NeedMore;
        }

        var isBad = input[end] == '\n' || input[end + 1] != '\n';
        consumed = end + (isBad ? 1 : 2);
        return isBad ? LineStatus.BadLineEnding : LineStatus.Complete;
    }

    /// <summary>The verb, in any case, and what follows it without the spaces around (RFC 5321 section 4.1.1 asks to bear with trailing ones).</summary>
    public static Verb Split(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> argument)
    {
        var space = line.IndexOf((byte)' ');
        var name = space < 0 ? line : line[..space];
        argument = space < 0 ? default : line[space..].Trim((byte)' ');
        foreach (var (known, verb) in Verbs)
        {
            if (Ascii.EqualsIgnoreCase(name, known))
            {
                return verb;
            }
        }

        return Verb.Unknown;
    }

    /// <summary>Takes "FROM:" or "TO:", in any case, off the front of an argument.</summary>
    public static bool TryTakeKeyword(ref ReadOnlySpan<byte> argument, string keyword)
    {
        if (argument.Length < keyword.Length || !Ascii.EqualsIgnoreCase(argument[..keyword.Length], keyword))
        {
            return false;
        }

        argument = argument[keyword.Length..];
        return true;
    }

    /// <summary>Printable ASCII and space; in MAIL and RCPT also octets above ASCII, for which the path parser has a better reply.</summary>
    public static bool HasOnlyCharactersOf(Verb verb, ReadOnlySpan<byte> line) =>
        verb is Verb.Mail or Verb.Rcpt
            ? !line.ContainsAnyInRange((byte)0, (byte)0x1f) && !line.Contains((byte)0x7f)
            : !line.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e);
}
