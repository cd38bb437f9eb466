using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Azure.Certificates;
using Gateway.Azure.Secrets;
using Gateway.Core.Ports;

namespace Gateway.Azure.Tests.Vault;

/// <summary>A real SecretClient against a vault whose answers the test chooses.</summary>
public sealed class VaultTests
{
    private readonly VaultStandIn _vault = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_is_found_in_its_newest_version_or_not_at_all()
    {
        var secrets = new KeyVaultSecrets(_vault.Client);
        Assert.Null(await secrets.ReadAsync("app", Cancel));
        _vault.Put("app", "one");
        Assert.Equal("one", await secrets.ReadAsync("app", Cancel));
        _vault.Put("app", "two");
        Assert.Equal("two", await secrets.ReadAsync("app", Cancel));
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "Forbidden", "the service answered 403 Forbidden")]
    [InlineData(HttpStatusCode.TooManyRequests, "Throttled", "the service answered 429 Throttled")]
    [InlineData(HttpStatusCode.InternalServerError, "hunter2 is no code", "the service answered 500")]
    [InlineData(HttpStatusCode.NotFound, "VaultNotFound", "the service answered 404 VaultNotFound")]
    [InlineData(null, "", "the service cannot be reached")]
    public async Task A_failure_says_what_was_asked_for_and_why_and_no_more(HttpStatusCode? status, string code, string expected)
    {
        _vault.Fault = () => status is { } answer ? VaultStandIn.Answer(answer, code) : throw new HttpRequestException("hunter2");
        var failure = await Assert.ThrowsAsync<IOException>(async () => await new KeyVaultSecrets(_vault.Client).ReadAsync("app", Cancel));
        Assert.Equal($"Key Vault secret app: {expected}", failure.Message);
        failure = await Assert.ThrowsAsync<IOException>(async () => await new KeyVaultCertificateSource(_vault.Client, "smtp").ReadAsync(Cancel));
        Assert.Equal($"Key Vault secret smtp: {expected}", failure.Message);
    }

    [Fact]
    public async Task Without_a_token_that_is_the_reason()
    {
        _vault.Fault = () => throw new global::Azure.Identity.CredentialUnavailableException("hunter2");
        var failure = await Assert.ThrowsAsync<IOException>(async () => await new KeyVaultSecrets(_vault.Client).ReadAsync("app", Cancel));
        Assert.Equal("Key Vault secret app: there is no token to enter with", failure.Message);
    }

    [Fact]
    public async Task Giving_up_is_no_failure_of_the_vault()
    {
        using var giveUp = new CancellationTokenSource();
        _vault.Fault = () =>
        {
            giveUp.Cancel();
            throw new OperationCanceledException(giveUp.Token);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await new KeyVaultSecrets(_vault.Client).ReadAsync("app", giveUp.Token));
    }

    [Fact]
    public async Task A_certificate_is_parsed_once_a_version()
    {
        var source = new KeyVaultCertificateSource(_vault.Client, "smtp");
        Assert.Null(await source.ReadAsync(Cancel));
        var pkcs12 = Convert.ToBase64String(ServerCertificate.SelfSigned("a.example", TimeProvider.System.GetUtcNow()));
        _vault.Put("smtp", pkcs12, "application/x-pkcs12");
        var first = await source.ReadAsync(Cancel);
        Assert.Same(first, await source.ReadAsync(Cancel));
        _vault.Put("smtp", pkcs12, "application/x-pkcs12");
        var second = await source.ReadAsync(Cancel);
        Assert.NotSame(first, second);
        Assert.Equal(($"{1:x32}", $"{2:x32}"), (first!.Version, second!.Version));
    }

    [Fact]
    public async Task A_certificate_may_be_pem_with_its_chain()
    {
        var (certificate, key) = Make("a.example");
        var (issuer, _) = Make("issuer.example");
        _vault.Put("smtp", $"{key}\n{certificate}\n{issuer}", "application/x-pem-file");
        var read = await new KeyVaultCertificateSource(_vault.Client, "smtp").ReadAsync(Cancel);
        Assert.True(read!.Certificate.HasPrivateKey);
        Assert.Equal(("CN=a.example", "CN=issuer.example"), (read.Certificate.Subject, Assert.Single(read.Chain).Subject));
    }

    [Theory]
    [InlineData("hunter2!", "application/x-pkcs12", "is not base64 of PKCS #12")]
    [InlineData("aHVudGVyMg==", "application/x-pkcs12", "is not PKCS #12 without a password")]
    [InlineData("hunter2", "application/x-pem-file", "holds no certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----", "application/x-pem-file", "is not PEM of certificates and a private key")]
    [InlineData("hunter2", "text/plain", "has a content type other than")]
    public async Task What_is_no_certificate_is_told_without_a_word_of_it(string value, string contentType, string expected)
    {
        _vault.Put("smtp", value, contentType);
        var failure = await Assert.ThrowsAsync<IOException>(async () => await new KeyVaultCertificateSource(_vault.Client, "smtp").ReadAsync(Cancel));
        Assert.StartsWith($"Key Vault secret smtp {expected}", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("aHVudGVyMg", failure.ToString(), StringComparison.Ordinal);
    }

    private static (string Certificate, string Key) Make(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
