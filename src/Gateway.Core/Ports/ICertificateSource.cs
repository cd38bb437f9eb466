namespace Gateway.Core.Ports;

/// <summary>Where a server certificate is kept; a server with several has several sources.</summary>
public interface ICertificateSource
{
    /// <summary>
    /// The certificate with its private key and its chain, as it is now; null when there is none. While its version is the same it may be
    /// the same object, and handshakes may be using it: so nobody disposes it, it is left to the collector.
    /// </summary>
    /// <exception cref="IOException">It is there and cannot be used; the message says why and holds no key.</exception>
    ValueTask<ServerCertificate?> ReadAsync(CancellationToken cancel);
}
