using System.Text;
using Gateway.Core.Users;

namespace Gateway.Smtp.Protocol;

/// <summary>The mechanisms that are offered, all of them over TLS only.</summary>
public static class SaslMechanisms
{
    /// <summary>Line of the reply to EHLO (RFC 4954 section 3); the best is first, and clients that take the first take that.</summary>
    public const string EhloKeyword = "AUTH SCRAM-SHA-256 PLAIN LOGIN";

    /// <summary>One exchange by the mechanism of this name, in any case (RFC 4954 section 8); null when it is not offered.</summary>
    /// <param name="name">Octets of the client.</param>
    /// <param name="find">The verifier of a user; for who is not a user, one that nothing satisfies.</param>
    /// <param name="serverNonce">Ours for SCRAM: fresh, printable ASCII without ',' (RFC 5802 section 5.1).</param>
    public static ISaslMechanism? Create(ReadOnlySpan<byte> name, Func<string, ScramVerifier> find, string serverNonce) =>
        Ascii.EqualsIgnoreCase(name, "SCRAM-SHA-256") ? new SaslScram(find, serverNonce)
        : Ascii.EqualsIgnoreCase(name, "PLAIN") ? new SaslPlain()
        : Ascii.EqualsIgnoreCase(name, "LOGIN") ? new SaslLogin()
        : null;
}
