using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Azure.Certificates;
using Gateway.Core.Ports;
using Gateway.Local.Files;

namespace Gateway.Ports.Tests;

/// <summary>What ICertificateSource promises.</summary>
public abstract class CertificateSourceContract
{
    private ICertificateSource Source => field ??= Open();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract ICertificateSource Open();

    /// <summary>Puts a certificate where it is read from.</summary>
    /// <param name="pkcs12">Without a password; or what is none.</param>
    protected abstract Task PlantAsync(byte[] pkcs12);

    [Fact]
    public async Task A_certificate_is_read_with_its_key_until_there_is_another()
    {
        await PlantAsync(Make("one.example"));
        var first = await Source.ReadAsync(Cancel);
        Assert.True(first!.Certificate.HasPrivateKey);
        Assert.True(first.Certificate.MatchesHostname("one.example"));
        Assert.Empty(first.Chain);
        Assert.Equal(first.Version, (await Source.ReadAsync(Cancel))!.Version);

        await PlantAsync(Make("two.example"));
        var second = await Source.ReadAsync(Cancel);
        Assert.NotEqual(first.Version, second!.Version);
        Assert.True(second.Certificate.MatchesHostname("two.example"));
        Assert.Equal("one.example", Sign(first)); // sessions that are up keep what they began with
        Assert.Equal("two.example", Sign(second));
    }

    [Fact]
    public async Task The_chain_comes_along_and_the_leaf_is_the_one_with_the_key()
    {
        using var issuer = X509CertificateLoader.LoadPkcs12(Make("issuer.example"), password: null);
        using var leaf = X509CertificateLoader.LoadPkcs12(Make("leaf.example"), password: null, X509KeyStorageFlags.Exportable);
        using var bare = X509CertificateLoader.LoadCertificate(issuer.RawData);
        await PlantAsync(new X509Certificate2Collection((X509Certificate2[])[bare, leaf]).Export(X509ContentType.Pkcs12)!);
        var read = await Source.ReadAsync(Cancel);
        Assert.Equal("leaf.example", Sign(read!));
        Assert.Equal(issuer.Thumbprint, Assert.Single(read!.Chain).Thumbprint);
    }

    [Fact]
    public async Task What_cannot_be_used_is_an_error_that_holds_nothing_of_it_and_a_good_one_is_found_after_it()
    {
        using var certificate = X509CertificateLoader.LoadPkcs12(Make("a.example"), password: null, X509KeyStorageFlags.Exportable);
        using var bare = X509CertificateLoader.LoadCertificate(certificate.RawData);
        foreach (var bad in (byte[][])[[], "hunter2"u8.ToArray(), Make("a.example")[..100], certificate.Export(X509ContentType.Pkcs12, "hunter2"), bare.Export(X509ContentType.Pkcs12)])
        {
            await PlantAsync(bad);
            var failure = await Assert.ThrowsAsync<IOException>(async () => await Source.ReadAsync(Cancel));
            Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
        }

        await PlantAsync(Make("good.example"));
        Assert.Equal("good.example", Sign((await Source.ReadAsync(Cancel))!));
    }

    private static byte[] Make(string hostname) => ServerCertificate.SelfSigned(hostname, TimeProvider.System.GetUtcNow());

    /// <summary>The name of a certificate whose key works.</summary>
    private static string Sign(ServerCertificate certificate)
    {
        using var key = certificate.Certificate.GetECDsaPrivateKey()!;
        using var open = certificate.Certificate.GetECDsaPublicKey()!;
        byte[] data = [1, 2, 3];
        Assert.True(open.VerifyData(data, key.SignData(data, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256));
        return certificate.Certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false);
    }
}

public sealed class FileCertificateSourceTests(LocalDirectory local) : CertificateSourceContract, IClassFixture<LocalDirectory>
{
    protected override ICertificateSource Open() => new FileCertificateSource(local.Data, "gateway.localhost", TimeProvider.System);

    protected override Task PlantAsync(byte[] pkcs12) => File.WriteAllBytesAsync(local.File(FileCertificateSource.FileName), pkcs12);
}

public sealed class ProvidedCertificateSourceTests : CertificateSourceContract, IDisposable
{
    private readonly TestDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    protected override ICertificateSource Open() => new ProvidedCertificateSource(_temp.File("tls.pfx"), keyPath: null);

    protected override Task PlantAsync(byte[] pkcs12) => File.WriteAllBytesAsync(_temp.File("tls.pfx"), pkcs12);
}

public sealed class KeyVaultCertificateSourceTests : CertificateSourceContract
{
    private readonly VaultStandIn _vault = new();

    protected override ICertificateSource Open() => new KeyVaultCertificateSource(_vault.Client, "smtp");

    protected override Task PlantAsync(byte[] pkcs12)
    {
        _vault.Put("smtp", Convert.ToBase64String(pkcs12), "application/x-pkcs12");
        return Task.CompletedTask;
    }
}
