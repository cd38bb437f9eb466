using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Core.Ports;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp.Transport;

/// <summary>The server's side of TLS: 1.2 and 1.3 only, with the certificates that are current when the handshake begins.</summary>
internal sealed class TlsCredentials(Func<ServerCertificates?> current, ClientCertificates clientCertificates, ILogger logger)
{
    private volatile Prepared? _prepared;

    /// <summary>There is a certificate that can be used, so STARTTLS is offered.</summary>
    public bool IsAvailable => Get() is not null;

    /// <summary>Null when there is no certificate, or none that can be used.</summary>
    public TlsHosts? Get()
    {
        if (current() is not { } certificates)
        {
            return null;
        }

        // A context costs chain building, so it is made, or found impossible, once for each certificate. Two at once do no harm.
        if (_prepared is not { } prepared || !ReferenceEquals(prepared.Certificates, certificates))
        {
            _prepared = prepared = Prepare(certificates, _prepared);
        }

        return prepared.Hosts;
    }

    /// <summary>
    /// A certificate that is the same object as before is not prepared again. Whether sessions are resumed does not hang on that: on Linux the platform keeps the keys of tickets
    /// by the hash of certificate and chain. So a ticket of a certificate that is gone means nothing to the new one, and its client gets a full handshake.
    /// </summary>
    private Prepared Prepare(ServerCertificates certificates, Prepared? before)
    {
        var options = new Dictionary<ServerCertificate, SslServerAuthenticationOptions?>(ReferenceEqualityComparer.Instance);
        foreach (var certificate in certificates.All)
        {
            options[certificate] = before?.Options.GetValueOrDefault(certificate) ?? PrepareOrLog(certificate);
        }

        var first = options.Values.FirstOrDefault(usable => usable is not null);
        return new(certificates, options, first is null ? null : new(certificates, options, first, clientCertificates == ClientCertificates.Request));
    }

    private SslServerAuthenticationOptions? PrepareOrLog(ServerCertificate certificate)
    {
        try
        {
            return Prepare(certificate);
        }
        catch (Exception e) when (e is CryptographicException or NotSupportedException or ArgumentException or AuthenticationException)
        {
            logger.CertificateFailed(e, certificate.Names() is [var name, ..] ? name : "no name");
            return null;
        }
    }

    private SslServerAuthenticationOptions Prepare(ServerCertificate certificate) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate.Certificate, certificate.Chain, offline: true),
#pragma warning disable CA5398 // RFC 8996 and RFC 8997 forbid what is older, and the system's default may be wider or narrower
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
        AllowRenegotiation = false,
        ClientCertificateRequired = clientCertificates == ClientCertificates.Request, // asks for one; it is ClientCertificateReading that requires none
        AllowTlsResume = clientCertificates == ClientCertificates.Ignore, // Request says why
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = ClientCertificateReading.Policy(),
    };

    private sealed record Prepared(ServerCertificates Certificates, Dictionary<ServerCertificate, SslServerAuthenticationOptions?> Options, TlsHosts? Hosts);
}
