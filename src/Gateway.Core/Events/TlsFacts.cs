namespace Gateway.Core.Events;

/// <summary>The TLS session in which the message came.</summary>
/// <param name="Version">"TLSv1.2" or "TLSv1.3".</param>
/// <param name="Cipher">The IANA name of the cipher suite.</param>
/// <param name="ServerName">What the client asked for by SNI (RFC 6066 section 3), as A-labels in lower case; null if nothing, or nothing that is a domain name.</param>
/// <param name="ClientCertificate">Null: the client was not asked for one, or offered none.</param>
public sealed record TlsFacts(string Version, string Cipher, string? ServerName = null, ClientCertificate? ClientCertificate = null);
