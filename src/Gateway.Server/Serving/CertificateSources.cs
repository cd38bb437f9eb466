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
    /// <summary>Shows the certificate that the settings name; without one, or while the vault has none, a self-signed one.</summary>
    public static void UseCertificate(this IServiceCollection services, ServeSettings settings)
    {
        if (settings.Certificate.File is { } file)
        {
            services.Replace(ServiceDescriptor.Singleton<ICertificateSource>(new ProvidedCertificateSource(file, settings.Certificate.KeyFile)));
            return;
        }

        if (settings.Certificate.Secret is { } secret)
        {
            services.AddKeyVaultCertificate(secret);
        }

        services.Replace(ServiceDescriptor.Singleton<ICertificateSource>(provider => new SelfSignedCertificateSource(
            provider.GetService<KeyVaultCertificateSource>(),
            settings.Smtp.Hostname,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SelfSignedCertificateSource>>())));
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
