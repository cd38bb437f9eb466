using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Gateway.Core.Ports;

/// <summary>A certificate to show to clients.</summary>
/// <param name="Certificate">The leaf, with its private key.</param>
/// <param name="Chain">Intermediates to send along; may be empty.</param>
/// <param name="Version">Changes when the certificate does.</param>
public sealed record ServerCertificate(X509Certificate2 Certificate, X509Certificate2Collection Chain, string Version)
{
    // In memory where that works: macOS has no such keys, and Windows' TLS cannot use them.
    private static readonly X509KeyStorageFlags KeyStorage =
        OperatingSystem.IsLinux() ? X509KeyStorageFlags.EphemeralKeySet : X509KeyStorageFlags.DefaultKeySet;

    private static readonly TimeSpan SelfSignedLifetime = TimeSpan.FromDays(3650);

    /// <summary>The hosts that it is for, some perhaps as <c>*.example.com</c>; read anew each time. Empty: it can only be the default.</summary>
    public ImmutableArray<string> Names() => CertificateNames.Of(Certificate);

    /// <summary>Reads PKCS #12 (RFC 7292) without a password. The version is the SHA-256 of the octets.</summary>
    /// <param name="octets">The whole of it.</param>
    /// <param name="sourceName">Where it was found: stands in errors.</param>
    /// <exception cref="IOException">It cannot be used; the message says why and holds nothing of it.</exception>
    public static ServerCertificate FromPkcs12(ReadOnlySpan<byte> octets, string sourceName)
    {
        try
        {
            var all = X509CertificateLoader.LoadPkcs12Collection(octets, password: null, KeyStorage);
            var leaf = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
                ?? throw new IOException($"{sourceName} holds no certificate with a private key");
            all.Remove(leaf);
            return new(leaf, all, VersionOf(octets));
        }
        catch (CryptographicException e)
        {
            throw new IOException($"{sourceName} is not PKCS #12 without a password", e);
        }
    }

    /// <summary>
    /// Reads PEM (RFC 7468): certificates in any order and the key of one of them, not encrypted (PKCS #8, or the older forms of RSA and
    /// EC keys). The version is the SHA-256 of the text.
    /// </summary>
    /// <param name="pem">Certificates and key; what is between them does not count.</param>
    /// <param name="sourceName">Where it was found: stands in errors.</param>
    /// <exception cref="IOException">It cannot be used; the message says why and holds nothing of it.</exception>
    public static ServerCertificate FromPem(string pem, string sourceName)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(pem);
            if (all.Count == 0)
            {
                throw new IOException($"{sourceName} holds no certificate");
            }

            RequirePlainKey(pem, sourceName);
            var bare = all.FirstOrDefault(certificate => IsOfKey(certificate, pem)) ?? throw new IOException($"{sourceName} holds no certificate of the private key in it");
            all.Remove(bare);
            using var withKey = WithKey(bare, pem);

            // By way of PKCS #12, so that the key is kept the same way whatever form it came in.
            return FromPkcs12([.. withKey.Export(X509ContentType.Pkcs12)], sourceName) with { Chain = all, Version = VersionOf(Encoding.UTF8.GetBytes(pem)) };
        }
        catch (CryptographicException e)
        {
            throw new IOException($"{sourceName} is not PEM of certificates and a private key", e);
        }
    }

    /// <summary>A new key and a certificate for one name, valid from a day before <paramref name="now"/> for ten years, as PKCS #12 without a password.</summary>
    public static byte[] SelfSigned(string hostname, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={hostname}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(hostname);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false)); // serverAuth
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now + SelfSignedLifetime);
        return certificate.Export(X509ContentType.Pkcs12);
    }

    private static void RequirePlainKey(string pem, string sourceName)
    {
        if (PemLabels(pem).Contains("ENCRYPTED PRIVATE KEY"))
        {
            throw new IOException($"{sourceName} holds an encrypted private key; it must be without a password");
        }

        if (!PemLabels(pem).Any(label => label.EndsWith("PRIVATE KEY", StringComparison.Ordinal)))
        {
            throw new IOException($"{sourceName} holds no private key");
        }
    }

    private static IEnumerable<string> PemLabels(string pem)
    {
        for (var at = 0; PemEncoding.TryFind(pem.AsSpan(at), out var fields); at += fields.Location.End.Value)
        {
            yield return pem[at..][fields.Label];
        }
    }

    private static bool IsOfKey(X509Certificate2 certificate, string pem)
    {
        try
        {
            using var both = WithKey(certificate, pem);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false; // another algorithm, or another key
        }
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, string pem) =>
        X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), pem);

    private static string VersionOf(ReadOnlySpan<byte> octets) => Convert.ToHexStringLower(SHA256.HashData(octets));
}
