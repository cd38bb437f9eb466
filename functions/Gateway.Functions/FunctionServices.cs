using Gateway.Azure;
using Gateway.Azure.Secrets;
using Gateway.Azure.Stores;
using Gateway.Pipeline;
using Gateway.Pipeline.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Functions;

/// <summary>The stages over the Azure adapters.</summary>
internal static class FunctionServices
{
    public static void AddGateway(this IServiceCollection services, FunctionSettings settings)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddGatewayAzure(settings.Storage, settings.Bus, settings.Credential);
        services.AddTableSweep(settings.Sweep);
        if (settings.KeyVault.Endpoint is not null)
        {
            services.AddKeyVault(settings.KeyVault, settings.Credential);
            services.AddSingleton<KeyVaultReader>(provider => provider.GetRequiredService<KeyVaultSecrets>().ReadAsync);
        }

        services.AddGatewayPipeline();
        services.Configure<KeptOptions>(kept => kept.KeptRetention = settings.Sweep.KeptRetention);
        services.AddBlobConfiguration(settings.Configuration.Blob ?? BlobConfigurationSource.DefaultBlobName);
        services.Configure<ConfigurationReloadOptions>(reload => reload.PollInterval = settings.Configuration.PollInterval);
        services.AddHostedService<ConfigurationWatch>();

        services.AddSingleton<StageRunner>();
        services.AddSingleton<StageTriggers>();
    }
}
