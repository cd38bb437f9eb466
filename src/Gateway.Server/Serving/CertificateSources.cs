using Gateway.Azure;
using Gateway.Azure.Certificates;
using Gateway.Azure.Secrets;
using Gateway.Core.Ports;
using Gateway.Local.Files;
using Gateway.Pipeline.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Serving;

/// <summary>What the settings say of certificates and secrets, in services.</summary>
internal static class CertificateSources
{
    /// <summary>
    /// Shows the certificates that the settings name. Without one, or while the vault lacks the first (which is the default), there is a self-signed one; another that the vault
    /// lacks is not shown until it is there.
    /// </summary>
    public static void UseCertificates(this IServiceCollection services, ServeSettings settings)
    {
        services.RemoveAll<ICertificateSource>();
        foreach (var (file, keyFile) in settings.Certificate.FilePairs())
        {
            services.AddSingleton<ICertificateSource>(new ProvidedCertificateSource(file, keyFile));
        }

        if (settings.Certificate.File is not null)
        {
            return;
        }

        var secrets = settings.Certificate.Secrets();
        services.AddSingleton<ICertificateSource>(provider => new SelfSignedCertificateSource(
            secrets.Count > 0 ? provider.GetRequiredKeyedService<KeyVaultCertificateSource>(secrets[0]) : null,
            settings.Smtp.Hostname,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SelfSignedCertificateSource>>()));
        foreach (var secret in secrets)
        {
            services.AddKeyVaultCertificate(secret);
        }

        foreach (var secret in secrets.Skip(1))
        {
            services.AddSingleton<ICertificateSource>(provider => provider.GetRequiredKeyedService<KeyVaultCertificateSource>(secret));
        }
    }

    /// <summary>Lets <c>keyvault:</c> references be read, if there is a vault.</summary>
    public static void UseKeyVault(this IServiceCollection services, ServeSettings settings)
    {
        if (settings.KeyVault.Endpoint is not null)
        {
            services.AddKeyVault(settings.KeyVault, settings.Credential);
            services.AddSingleton<KeyVaultReader>(provider => provider.GetRequiredService<KeyVaultSecrets>().ReadAsync);
        }
    }
}
