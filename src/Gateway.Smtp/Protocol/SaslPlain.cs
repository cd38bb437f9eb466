using System.Text;
using Gateway.Core.Users;

namespace Gateway.Smtp.Protocol;

/// <summary>PLAIN: <c>[authzid] NUL authcid NUL passwd</c>, once (RFC 4616 section 2). Nobody acts for another: an authzid is the authcid or absent.</summary>
public sealed class SaslPlain : ISaslMechanism
{
    private bool _isOver;

    public SaslStep.Challenge Begin() => new(default);

    public SaslStep Take(ReadOnlySpan<byte> response)
    {
        var first = response.IndexOf((byte)0);
        var isLate = _isOver;
        _isOver = true;
        if (isLate || first < 0)
        {
            return SaslStep.Malformed;
        }

        var authzid = response[..first];
        var rest = response[(first + 1)..];
        var second = rest.IndexOf((byte)0);
        return second < 0 ? SaslStep.Malformed
            : !authzid.IsEmpty && !authzid.SequenceEqual(rest[..second]) ? SaslStep.BadCredentials
            : Password(rest[..second], rest[(second + 1)..]);
    }

    /// <summary>Most octets of a name that is looked at: RFC 4616 section 2 asks for 255, and users here have 128 at most.</summary>
    internal const int MaxNameOctets = 255;

    /// <summary>A name and a password as they came: not empty, not endless, without NUL.</summary>
    internal static SaslStep Password(ReadOnlySpan<byte> name, ReadOnlySpan<byte> password) =>
        name.Length is > 0 and <= MaxNameOctets && password.Length is > 0 and <= ScramVerifier.MaxPasswordOctets && !name.Contains((byte)0) && !password.Contains((byte)0)
            ? new SaslStep.CheckPassword(Encoding.UTF8.GetString(name), password.ToArray()) // what is no UTF-8 becomes a name that no user has
            : SaslStep.Malformed;
}
