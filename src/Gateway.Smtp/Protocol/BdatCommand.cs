using System.Text;
using Gateway.Core;

namespace Gateway.Smtp.Protocol;

/// <summary>The argument of BDAT (RFC 3030 section 2).</summary>
/// <param name="Octets">Octets of the chunk, which follow the command's CRLF at once. 2^63 - 1 stands for anything larger.</param>
/// <param name="IsLast">The chunk ends the message.</param>
public sealed record BdatCommand(long Octets, bool IsLast)
{
    /// <summary>
    /// Reads "1000" or "1000 LAST": 1 to 20 digits, and LAST in any case. Anything else is 521 5.5.4 and the end of the connection: how much
    /// message follows is not known, so what follows must not be read as commands.
    /// </summary>
    public static Outcome<BdatCommand> Parse(ReadOnlySpan<byte> argument)
    {
        var space = argument.IndexOf((byte)' ');
        var isLast = space >= 0;
        if (isLast && !Ascii.EqualsIgnoreCase(argument[(space + 1)..], "LAST"))
        {
            return Replies.BadChunk;
        }

        return MailParameters.TryParseSize(isLast ? argument[..space] : argument, out var octets) ? new BdatCommand(octets!.Value, isLast) : Replies.BadChunk;
    }
}
