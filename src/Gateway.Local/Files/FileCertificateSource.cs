using Gateway.Core.Ports;
using Gateway.Local.Storage;

namespace Gateway.Local.Files;

/// <summary>The server certificate as a PKCS #12 file in the data directory; made and self-signed when there is none.</summary>
public sealed class FileCertificateSource(DataDirectory directory, string hostname, TimeProvider clock) : ICertificateSource
{
    /// <summary>Put a file of one's own here, without a password, to show another certificate.</summary>
    public const string FileName = "certificate.pfx";

    public ValueTask<ServerCertificate?> ReadAsync(CancellationToken cancel)
    {
        var octets = directory.ReadOrCreateSecret(FileName, () => ServerCertificate.SelfSigned(hostname, clock.GetUtcNow()));
        return ValueTask.FromResult<ServerCertificate?>(ServerCertificate.FromPkcs12(octets, FileName));
    }
}
