using System.Text;
using Gateway.Core;

namespace Gateway.Smtp.Protocol;

/// <summary>Reverse-path and forward-path (RFC 5321 section 4.1.2). Total: any octets give a value or a refusal, never an exception.</summary>
/// <remarks>
/// More than the grammar is taken in two places, because deployed clients need it: spaces before the path, and a mailbox without angle
/// brackets. A source route is read and left out (appendix C). The parameters of MAIL, which say whether octets above ASCII may be in a
/// path, come behind it: the path is read first, and whether it needed them is told.
/// </remarks>
public static class PathParser
{
    /// <summary>RFC 5321 section 4.5.3.1.1, quotes and backslashes included; octets of UTF-8.</summary>
    public const int MaxLocalPartOctets = MailboxParser.MaxLocalPartOctets;

    /// <summary>RFC 5321 section 4.5.3.1.3: 256 octets with the brackets; as the path was sent, and with A-labels for U-labels.</summary>
    public const int MaxPathOctets = MailboxParser.MaxOctets;

    /// <summary>Reads what follows "FROM:".</summary>
    /// <param name="argument">The path, and after a space the parameters.</param>
    /// <param name="parameters">What follows the path, without the spaces around; empty when there is nothing or when the path is refused.</param>
    /// <param name="needsUtf8">
    /// The path had octets above ASCII: without SMTPUTF8 it is to be refused, <see cref="Replies.NonAsciiAddress"/> (RFC 6531 section 3.5). False when it is refused.
    /// </param>
    public static Outcome<ReversePath> ReversePath(ReadOnlySpan<byte> argument, out ReadOnlySpan<byte> parameters, out bool needsUtf8)
    {
        if (TrySplit(argument, out var path, out parameters))
        {
            if (path.SequenceEqual("<>"u8))
            {
                needsUtf8 = false;
                return Core.ReversePath.Null;
            }

            if (ParseMailbox(Unwrap(path)) is { Domain.Length: > 0 } mailbox)
            {
                needsUtf8 = !Ascii.IsValid(path);
                return new ReversePath(mailbox);
            }
        }

        parameters = default;
        needsUtf8 = false;
        return Replies.BadReversePath;
    }

    /// <summary>Reads what follows "TO:". "postmaster" needs no domain (RFC 5321 section 4.1.1.3).</summary>
    /// <param name="argument">The path, and after a space the parameters.</param>
    /// <param name="parameters">What follows the path, without the spaces around; empty when there is nothing or when the path is refused.</param>
    /// <param name="needsUtf8">The path had octets above ASCII, as above: for a transaction whose MAIL said SMTPUTF8.</param>
    public static Outcome<ForwardPath> ForwardPath(ReadOnlySpan<byte> argument, out ReadOnlySpan<byte> parameters, out bool needsUtf8)
    {
        if (TrySplit(argument, out var path, out parameters) && ParseMailbox(Unwrap(path)) is { } mailbox)
        {
            var forwardPath = new ForwardPath(mailbox);
            if (mailbox.Domain.Length > 0 || forwardPath.IsPostmaster)
            {
                needsUtf8 = !Ascii.IsValid(path);
                return forwardPath;
            }
        }

        parameters = default;
        needsUtf8 = false;
        return Replies.BadForwardPath;
    }

    /// <summary>The path ends at the first '>' or, without brackets, the first space that no quotes hold; then nothing or a space follows.</summary>
    private static bool TrySplit(ReadOnlySpan<byte> argument, out ReadOnlySpan<byte> path, out ReadOnlySpan<byte> parameters)
    {
        argument = argument.TrimStart((byte)' ');
        var bracketed = argument.StartsWith((byte)'<');
        var quoted = false;
        var end = 0;
        while (end < argument.Length)
        {
            var octet = argument[end++];
            if (quoted && octet == '\\')
            {
                end++;
            }
            else if (octet == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && octet == (bracketed ? '>' : ' '))
            {
                end -= bracketed ? 0 : 1;
                break;
            }
        }

        end = Math.Min(end, argument.Length);
        path = argument[..end];
        parameters = argument[end..].Trim((byte)' ');
        var isWhole = path.Length > 0 && (!bracketed || path[^1] == '>') && (end == argument.Length || argument[end] == ' ');
        parameters = isWhole ? parameters : default;
        return isWhole;
    }

    private static ReadOnlySpan<byte> Unwrap(ReadOnlySpan<byte> path) => path[0] == '<' ? path[1..^1] : path;

    private static Mailbox? ParseMailbox(ReadOnlySpan<byte> octets) =>
        octets.Length <= MaxPathOctets && TrySkipSourceRoute(ref octets) ? MailboxParser.Parse(octets) : null;

    /// <summary>"@one.example,@two.example:" in front of the mailbox: domains, no address literals.</summary>
    private static bool TrySkipSourceRoute(ref ReadOnlySpan<byte> octets)
    {
        if (!octets.StartsWith((byte)'@'))
        {
            return true;
        }

        var colon = octets.IndexOf((byte)':');
        if (colon < 0)
        {
            return false;
        }

        var route = octets[..colon];
        octets = octets[(colon + 1)..];
        foreach (var range in route.Split((byte)','))
        {
            var hop = route[range];
            if (!hop.StartsWith((byte)'@') || MailboxParser.ParseDomain(hop[1..]) is null)
            {
                return false;
            }
        }

        return true;
    }
}
