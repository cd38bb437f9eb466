using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Core.Ports;
using Gateway.Local.Storage;

namespace Gateway.Local.Files;

/// <summary>The server certificate as a PKCS #12 file in the data directory; made and self-signed when there is none.</summary>
public sealed class FileCertificateSource(DataDirectory directory, string hostname, TimeProvider clock) : ICertificateSource
{
    /// <summary>Put a file of one's own here, without a password, to show another certificate.</summary>
    public const string FileName = "certificate.pfx";

    // In memory where that works: macOS has no such keys, and Windows' TLS cannot use them.
    private static readonly X509KeyStorageFlags KeyStorage =
        OperatingSystem.IsLinux() ? X509KeyStorageFlags.EphemeralKeySet : X509KeyStorageFlags.DefaultKeySet;

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    public ValueTask<ServerCertificate?> ReadAsync(CancellationToken cancel)
    {
        var octets = directory.ReadOrCreateSecret(FileName, SelfSigned);
        try
        {
            var all = X509CertificateLoader.LoadPkcs12Collection(octets, password: null, KeyStorage);
            var leaf = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
                ?? throw new IOException($"{FileName} holds no certificate with a private key");
            all.Remove(leaf);
            return ValueTask.FromResult<ServerCertificate?>(new(leaf, all, Convert.ToHexStringLower(SHA256.HashData(octets))));
        }
        catch (CryptographicException e)
        {
            throw new IOException($"{FileName} is not a PKCS #12 file without a password", e);
        }
    }

    private byte[] SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={hostname}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(hostname);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false)); // serverAuth
        var now = clock.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now + Lifetime);
        return certificate.Export(X509ContentType.Pkcs12);
    }
}
