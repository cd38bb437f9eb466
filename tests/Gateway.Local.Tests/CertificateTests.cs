using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Local.Files;
using Gateway.Local.Storage;

namespace Gateway.Local.Tests;

public sealed class CertificateTests : IDisposable
{
    private readonly TestDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_certificate_is_made_once_and_names_the_host()
    {
        using var data = DataDirectory.Open(_temp.Path);
        var source = new FileCertificateSource(data, "gateway.localhost", TimeProvider.System);
        var made = await source.ReadAsync(default);
        var again = await source.ReadAsync(default);
        Assert.Equal(made!.Version, again!.Version);
        Assert.True(made.Certificate.HasPrivateKey);
        Assert.True(made.Certificate.MatchesHostname("gateway.localhost"));
    }

    [Fact]
    public async Task A_file_that_is_no_certificate_is_an_error_that_names_it()
    {
        using var data = DataDirectory.Open(_temp.Path);
        await File.WriteAllTextAsync(_temp.File(FileCertificateSource.FileName), "not a certificate", TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<IOException>(async () => await new FileCertificateSource(data, "a.example", TimeProvider.System).ReadAsync(default));
        Assert.Contains(FileCertificateSource.FileName, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task Pem_is_read_from_one_file_or_two_whatever_the_order_and_the_key(bool twoFiles, bool pkcs8)
    {
        foreach (var key in (AsymmetricAlgorithm[])[ECDsa.Create(ECCurve.NamedCurves.nistP256), RSA.Create(2048)])
        {
            using var issuer = Certificate("issuer.example", ECDsa.Create());
            using var leaf = Certificate("leaf.example", key);
            var keyPem = pkcs8 ? key.ExportPkcs8PrivateKeyPem() : key is RSA rsa ? rsa.ExportRSAPrivateKeyPem() : ((ECDsa)key).ExportECPrivateKeyPem();
            var certificates = $"{issuer.ExportCertificatePem()}\nsome text\n{leaf.ExportCertificatePem()}";
            var source = twoFiles
                ? new ProvidedCertificateSource(_temp.Write("tls.crt", certificates), _temp.Write("tls.key", keyPem))
                : new ProvidedCertificateSource(_temp.Write("tls.pem", $"{keyPem}\n{certificates}"), null);
            var read = await source.ReadAsync(default);
            Assert.True(read!.Certificate.HasPrivateKey);
            Assert.Equal(leaf.Thumbprint, read.Certificate.Thumbprint);
            Assert.Equal(issuer.Thumbprint, Assert.Single(read.Chain).Thumbprint);
            Assert.Same(read, await source.ReadAsync(default));
        }
    }

    [Fact]
    public async Task A_renewal_that_is_half_done_is_an_error_until_the_other_half_is_there()
    {
        using var old = ECDsa.Create();
        using var key = ECDsa.Create();
        using var before = Certificate("a.example", old);
        using var after = Certificate("a.example", key);
        var source = new ProvidedCertificateSource(_temp.Write("tls.crt", before.ExportCertificatePem()), _temp.Write("tls.key", old.ExportPkcs8PrivateKeyPem()));
        var first = await source.ReadAsync(default);
        _temp.Write("tls.crt", after.ExportCertificatePem());
        var failure = await Assert.ThrowsAsync<IOException>(async () => await source.ReadAsync(default));
        Assert.Contains("no certificate of the private key", failure.Message, StringComparison.Ordinal);
        _temp.Write("tls.key", key.ExportPkcs8PrivateKeyPem());
        var second = await source.ReadAsync(default);
        Assert.Equal((before.Thumbprint, after.Thumbprint), (first!.Certificate.Thumbprint, second!.Certificate.Thumbprint));
        Assert.NotEqual(first.Version, second.Version);
    }

    [Fact]
    public async Task Each_mistake_with_a_provided_certificate_is_told_with_the_files_name_and_nothing_of_the_key()
    {
        using var key = ECDsa.Create();
        using var certificate = Certificate("a.example", key);
        var (pem, keyPem) = (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        var encrypted = key.ExportEncryptedPkcs8PrivateKeyPem("hunter2", new(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1));
        foreach (var (text, problem) in ((string, string)[])
        [
            (pem, "no private key"),
            (keyPem, "no certificate"),
            ($"{pem}\n{encrypted}", "encrypted"),
            ($"{pem}\n-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----", "private key"),
            ($"-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n{keyPem}", "PEM"),
            ("hunter2", "PKCS #12"),
            (new string('x', 1024 * 1024 + 1), "octets"),
        ])
        {
            var path = _temp.Write("tls.pem", text);
            var failure = await Assert.ThrowsAsync<IOException>(async () => await new ProvidedCertificateSource(path, null).ReadAsync(default));
            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
            Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(keyPem[40..60], failure.ToString(), StringComparison.Ordinal);
        }

        var missing = await Assert.ThrowsAsync<IOException>(async () => await new ProvidedCertificateSource(_temp.File("nowhere/tls.crt"), null).ReadAsync(default));
        Assert.Contains("tls.crt: there is no such file", missing.Message, StringComparison.Ordinal);
        var pfx = _temp.File("tls.pfx");
        await File.WriteAllBytesAsync(pfx, certificate.Export(X509ContentType.Pkcs12), TestContext.Current.CancellationToken);
        var mixed = await Assert.ThrowsAsync<IOException>(async () => await new ProvidedCertificateSource(pfx, _temp.Write("tls.key", keyPem)).ReadAsync(default));
        Assert.Contains("is not PEM", mixed.Message, StringComparison.Ordinal);
    }

    private static X509Certificate2 Certificate(string name, AsymmetricAlgorithm key)
    {
        var request = key is RSA rsa
            ? new CertificateRequest($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest($"CN={name}", (ECDsa)key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }
}
