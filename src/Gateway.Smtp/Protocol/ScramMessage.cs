using System.Buffers;
using System.Text;

namespace Gateway.Smtp.Protocol;

/// <summary>client-first-message of SCRAM taken apart (RFC 5802 section 7): <c>n,,n=user,r=nonce</c>.</summary>
internal readonly ref struct ScramMessage
{
    /// <summary>Longest nonce of a client: with ours and a salt it must fit into one line of a reply. Clients send 18 to 64.</summary>
    private const int MaxNonceOctets = 128;

    private static readonly SearchValues<byte> NonceOctets =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Where(octet => octet != ',').Select(octet => (byte)octet)]);

    /// <summary>With its last comma: what the client has to say again in its last message.</summary>
    public ReadOnlySpan<byte> Gs2Header { get; private init; }

    /// <summary>client-first-message-bare: all behind the header.</summary>
    public ReadOnlySpan<byte> Bare { get; private init; }

    public string Name { get; private init; }

    /// <summary>Whom the client wants to act for; null: itself.</summary>
    public string? ActsFor { get; private init; }

    public ReadOnlySpan<byte> Nonce { get; private init; }

    /// <returns>
    /// False for what the grammar does not allow, for <c>p=</c> (channel binding, which is not offered: RFC 5802 section 6), and for <c>m=</c> (an extension
    /// that must be understood: section 5.1).
    /// </returns>
    public static bool TryRead(ReadOnlySpan<byte> message, out ScramMessage read)
    {
        read = default;
        var rest = message;
        if (!TryTake(ref rest, out var flag) || flag is not [(byte)'n' or (byte)'y'] || !TryTake(ref rest, out var authzid))
        {
            return false;
        }

        var bare = rest;
        var actsFor = authzid.StartsWith("a="u8) ? ReadName(authzid[2..]) : null;
        if ((actsFor is null && !authzid.IsEmpty)
            || !TryTake(ref rest, out var user) || !user.StartsWith("n="u8) || ReadName(user[2..]) is not { } name
            || !rest.StartsWith("r="u8))
        {
            return false;
        }

        var nonce = rest[2..];
        nonce = nonce.IndexOf((byte)',') is var end and >= 0 ? nonce[..end] : nonce;
        read = new() { Gs2Header = message[..^bare.Length], Bare = bare, Name = name, ActsFor = actsFor, Nonce = nonce };
        return nonce.Length is > 0 and <= MaxNonceOctets && !nonce.ContainsAnyExcept(NonceOctets) && AreExtensions(rest[(2 + nonce.Length)..]);
    }

    /// <summary>Nothing, or <c>,x=value</c> again and again: these may be read over, but m= may not.</summary>
    public static bool AreExtensions(ReadOnlySpan<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            if (rest is not [(byte)',', var attribute, (byte)'=', ..] || !char.IsAsciiLetter((char)attribute) || attribute == 'm')
            {
                return false;
            }

            var value = rest[3..];
            value = value.IndexOf((byte)',') is var end and >= 0 ? value[..end] : value;
            if (value.IsEmpty || value.Contains((byte)0))
            {
                return false;
            }

            rest = rest[(3 + value.Length)..];
        }

        return true;
    }

    /// <summary>Takes what stands before the next comma, which must be there, and the comma.</summary>
    private static bool TryTake(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> part)
    {
        var comma = rest.IndexOf((byte)',');
        part = comma < 0 ? default : rest[..comma];
        rest = rest[(comma + 1)..];
        return comma >= 0;
    }

    /// <summary>saslname: ',' is written =2C and '=' is written =3D. Null for any other '=', for NUL, and when it is empty or endless.</summary>
    private static string? ReadName(ReadOnlySpan<byte> escaped)
    {
        if (escaped.Length is 0 or > 3 * SaslPlain.MaxNameOctets || escaped.Contains((byte)0))
        {
            return null;
        }

        Span<byte> name = stackalloc byte[escaped.Length];
        var length = 0;
        for (var at = 0; at < escaped.Length; at++)
        {
            name[length] = escaped[at];
            if (escaped[at] == '=')
            {
                var code = escaped[(at + 1)..];
                if (!code.StartsWith("2C"u8) && !code.StartsWith("3D"u8))
                {
                    return null;
                }

                name[length] = code[0] == '2' ? (byte)',' : (byte)'=';
                at += 2;
            }

            length++;
        }

        return length <= SaslPlain.MaxNameOctets ? Encoding.UTF8.GetString(name[..length]) : null;
    }
}
