using System.Buffers;
using System.Text;
using Gateway.Core;

namespace Gateway.Smtp.Protocol;

/// <summary>Reverse-path and forward-path (RFC 5321 section 4.1.2). Total: any octets give a value or a refusal, never an exception.</summary>
/// <remarks>
/// More than the grammar is taken in two places, because deployed clients need it: spaces before the path, and a mailbox without angle
/// brackets. A source route is read and left out (appendix C). Addresses are ASCII while SMTPUTF8 is not offered: 553 5.6.7 (RFC 6531
/// section 3.5).
/// </remarks>
public static class PathParser
{
    /// <summary>RFC 5321 section 4.5.3.1.1, quotes and backslashes included.</summary>
    public const int MaxLocalPartOctets = 64;

    /// <summary>RFC 5321 section 4.5.3.1.3: 256 octets with the brackets.</summary>
    public const int MaxPathOctets = 254;

    private static readonly SearchValues<byte> Atext =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"u8);

    /// <summary>Reads what follows "FROM:".</summary>
    /// <param name="argument">The path, and after a space the parameters.</param>
    /// <param name="parameters">What follows the path, without the spaces around; empty when there is nothing or when the path is refused.</param>
    public static Outcome<ReversePath> ReversePath(ReadOnlySpan<byte> argument, out ReadOnlySpan<byte> parameters)
    {
        if (!TrySplit(argument, out var path, out parameters))
        {
            return Refusal(argument, Replies.BadReversePath);
        }

        if (path.SequenceEqual("<>"u8))
        {
            return Core.ReversePath.Null;
        }

        return ParseMailbox(Unwrap(path)) is { Domain.Length: > 0 } mailbox
            ? new ReversePath(mailbox)
            : Refusal(path, Replies.BadReversePath);
    }

    /// <summary>Reads what follows "TO:". "postmaster" needs no domain (RFC 5321 section 4.1.1.3).</summary>
    /// <param name="argument">The path, and after a space the parameters.</param>
    /// <param name="parameters">What follows the path, without the spaces around; empty when there is nothing or when the path is refused.</param>
    public static Outcome<ForwardPath> ForwardPath(ReadOnlySpan<byte> argument, out ReadOnlySpan<byte> parameters)
    {
        if (!TrySplit(argument, out var path, out parameters))
        {
            return Refusal(argument, Replies.BadForwardPath);
        }

        return ParseMailbox(Unwrap(path)) is { } mailbox && (mailbox.Domain.Length > 0 || new ForwardPath(mailbox).IsPostmaster)
            ? new ForwardPath(mailbox)
            : Refusal(path, Replies.BadForwardPath);
    }

    private static Reply Refusal(ReadOnlySpan<byte> octets, Reply otherwise) => Ascii.IsValid(octets) ? otherwise : Replies.NonAsciiAddress;

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

    private static Mailbox? ParseMailbox(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > MaxPathOctets || !TrySkipSourceRoute(ref octets) || TakeLocalPart(ref octets) is not { } local)
        {
            return null;
        }

        if (octets.IsEmpty)
        {
            return new(local, "");
        }

        return octets[0] == '@' && ParseDomain(octets[1..]) is { } domain ? new(local, domain) : null;
    }

    private static string? ParseDomain(ReadOnlySpan<byte> octets)
    {
        if (octets.StartsWith((byte)'['))
        {
            return AddressLiteral.Parse(octets);
        }

        Span<char> name = stackalloc char[DomainName.MaxOctets];
        if (octets.Length > name.Length || Ascii.ToLower(octets, name, out var length) != OperationStatus.Done)
        {
            return null;
        }

        return DomainName.IsValid(name[..length]) ? new string(name[..length]) : null;
    }

    /// <summary>"@one.example,@two.example:" in front of the mailbox.</summary>
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
            if (!hop.StartsWith((byte)'@') || ParseDomain(hop[1..]) is null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The meaning of a dot-string or quoted-string; null when it is neither, or too long.</summary>
    private static string? TakeLocalPart(ref ReadOnlySpan<byte> octets) =>
        octets.StartsWith((byte)'"') ? TakeQuotedString(ref octets) : TakeDotString(ref octets);

    private static string? TakeDotString(ref ReadOnlySpan<byte> octets)
    {
        var end = octets.IndexOf((byte)'@');
        var local = end < 0 ? octets : octets[..end];
        if (local.Length is 0 or > MaxLocalPartOctets)
        {
            return null;
        }

        foreach (var range in local.Split((byte)'.'))
        {
            var atom = local[range];
            if (atom.IsEmpty || atom.ContainsAnyExcept(Atext))
            {
                return null;
            }
        }

        octets = octets[local.Length..];
        return Encoding.ASCII.GetString(local);
    }

    private static string? TakeQuotedString(ref ReadOnlySpan<byte> octets)
    {
        Span<char> meaning = stackalloc char[MaxLocalPartOctets];
        var length = 0;
        for (var i = 1; i < octets.Length && i < MaxLocalPartOctets; i++)
        {
            var octet = octets[i];
            if (octet == '"')
            {
                octets = octets[(i + 1)..];
                return new string(meaning[..length]);
            }

            if (octet == '\\' && ++i < octets.Length)
            {
                octet = octets[i];
            }

            if (octet is < 0x20 or > 0x7e)
            {
                return null;
            }

            meaning[length++] = (char)octet;
        }

        return null;
    }
}
