using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Core.Ports;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp.Transport;

/// <summary>The server's side of TLS: 1.2 and 1.3 only, with the certificate that is current when the handshake begins.</summary>
internal sealed class TlsCredentials(Func<ServerCertificate?> current, ILogger logger)
{
    private volatile Prepared? _prepared;

    /// <summary>There is a certificate that can be used, so STARTTLS is offered.</summary>
    public bool IsAvailable => Get() is not null;

    /// <summary>Null when there is no certificate, or none that can be used.</summary>
    public SslServerAuthenticationOptions? Get()
    {
        if (current() is not { } certificate)
        {
            return null;
        }

        // A context costs chain building, so it is made, or found impossible, once for each version of the certificate. Two at once do no harm.
        if (_prepared is not { } prepared || prepared.Version != certificate.Version)
        {
            _prepared = prepared = new(certificate.Version, PrepareOrLog(certificate));
        }

        return prepared.Options;
    }

    private SslServerAuthenticationOptions? PrepareOrLog(ServerCertificate certificate)
    {
        try
        {
            return Prepare(certificate);
        }
        catch (Exception e) when (e is CryptographicException or NotSupportedException or ArgumentException or AuthenticationException)
        {
            logger.CertificateFailed(e);
            return null;
        }
    }

    private static SslServerAuthenticationOptions Prepare(ServerCertificate certificate) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate.Certificate, certificate.Chain, offline: true),
#pragma warning disable CA5398 // RFC 8996 and RFC 8997 forbid what is older, and the system's default may be wider or narrower
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
        AllowRenegotiation = false,
        ClientCertificateRequired = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };

    private sealed record Prepared(string Version, SslServerAuthenticationOptions? Options);
}
