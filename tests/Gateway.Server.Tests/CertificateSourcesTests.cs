using Gateway.Core.Ports;
using Gateway.Local.Pump;
using Gateway.Server.Serving;
using Gateway.Smtp;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Server.Tests;

/// <summary>From the settings to the certificates in force.</summary>
public sealed class CertificateSourcesTests : IDisposable
{
    private const string Hostname = "mx.example.com";

    private readonly TestDirectory _temp = new();
    private readonly VaultStandIn _vault = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Nothing_set_is_a_self_signed_one()
    {
        await using var services = Build(new());
        var reload = services.GetRequiredService<CertificateReload>();
        await reload.LoadAsync(Cancel);
        Assert.Equal([Hostname], Assert.Single(reload.Current!.All).Names());
    }

    [Fact]
    public async Task Files_are_in_force_in_their_order_in_place_of_what_was_registered_before()
    {
        await using var services = Build(new() { File = $"{Plant("a.example")},{Plant("b.example")}" });
        var reload = services.GetRequiredService<CertificateReload>();
        await reload.LoadAsync(Cancel);
        Assert.Equal(["a.example", "b.example"], reload.Current!.All.Select(certificate => Assert.Single(certificate.Names())));
    }

    [Fact]
    public async Task Secrets_that_the_vault_lacks_come_in_when_they_are_there_and_the_first_is_stood_in_for()
    {
        await using var services = Build(new() { Secret = "mx-a,mx-b,mx-c" });
        var reload = services.GetRequiredService<CertificateReload>();
        _vault.Put("mx-b", Certificate("b.example"));
        await reload.LoadAsync(Cancel);
        Assert.Equal([Hostname, "b.example"], Names(reload));

        _vault.Put("mx-a", Certificate("a.example"));
        await reload.LoadAsync(Cancel);
        Assert.Equal(["a.example", "b.example"], Names(reload));

        _vault.Put("mx-c", Certificate("c.example"));
        _vault.Put("mx-b", "hunter2");
        var failure = await Assert.ThrowsAsync<IOException>(() => reload.LoadAsync(Cancel));
        Assert.StartsWith("Key Vault secret mx-b ", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["a.example", "b.example", "c.example"], Names(reload));
    }

    private static string[] Names(CertificateReload reload) => [.. reload.Current!.All.Select(certificate => Assert.Single(certificate.Names()))];

    private static string Certificate(string host) => Convert.ToBase64String(ServerCertificate.SelfSigned(host, TimeProvider.System.GetUtcNow()));

    private string Plant(string host)
    {
        File.WriteAllBytes(_temp.File(host), ServerCertificate.SelfSigned(host, TimeProvider.System.GetUtcNow()));
        return _temp.File(host);
    }

    private ServiceProvider Build(CertificateSettings certificate)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_vault.Client);
        services.AddSingleton<CertificateReload>();
        services.AddSingleton<ICertificateSource>(new Local.Files.ProvidedCertificateSource("nowhere.pem", null)); // as the local store has one of its own
        services.UseCertificates(new(new SmtpOptions { Hostname = Hostname }, new(), new(), new(), null, certificate, new(), new()));
        return services.BuildServiceProvider();
    }
}
