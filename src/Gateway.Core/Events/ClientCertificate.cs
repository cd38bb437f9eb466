namespace Gateway.Core.Events;

/// <summary>
/// The certificate that a client offered, whose private key it has: the handshake proved that, and nothing else. Anybody can make one that says
/// anything, so the names count only where <paramref name="Trusted"/> does, or where the reader knows the hash.
/// </summary>
/// <param name="Sha256">Of the whole certificate (DER), lower-case hexadecimal.</param>
/// <param name="Subject">
/// The distinguished name as text, at most 256 characters of printable ASCII; the octets of anything else, and of a backslash, are written <c>\C3\BC</c> (UTF-8).
/// "": it cannot be read or is over 4,096 octets.
/// </param>
/// <param name="Issuer">The same of the issuer.</param>
/// <param name="NotAfter">The end of its validity.</param>
/// <param name="Trusted">
/// When it was offered it was valid and led to a root that this system trusts, by what the client sent along; neither revocation nor its intended usage was looked at.
/// </param>
public sealed record ClientCertificate(string Sha256, string Subject, string Issuer, DateTimeOffset NotAfter, bool Trusted);
