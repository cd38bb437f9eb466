using System.Security.Cryptography.X509Certificates;

namespace Gateway.Core.Ports;

/// <summary>Where the server certificate is kept.</summary>
public interface ICertificateSource
{
    /// <summary>The certificate with its private key and its chain, as it is now; null when there is none. The caller disposes it.</summary>
    /// <exception cref="IOException">It is there and cannot be used; the message says why and holds no key.</exception>
    ValueTask<ServerCertificate?> ReadAsync(CancellationToken cancel);
}

/// <summary>A certificate to show to clients.</summary>
/// <param name="Certificate">The leaf, with its private key.</param>
/// <param name="Chain">Intermediates to send along; may be empty.</param>
/// <param name="Version">Changes when the certificate does.</param>
public sealed record ServerCertificate(X509Certificate2 Certificate, X509Certificate2Collection Chain, string Version);
