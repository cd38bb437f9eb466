using Azure.Core;
using Azure.Security.KeyVault.Secrets;
using Gateway.Azure.Bus;
using Gateway.Azure.Certificates;
using Gateway.Azure.Intake;
using Gateway.Azure.Secrets;
using Gateway.Azure.Stores;
using Gateway.Azure.Tables;
using Gateway.Core.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Azure;

/// <summary>Registers the Azure adapters. The host brings logging, metrics and a clock.</summary>
public static class AzureServices
{
    /// <summary>
    /// The ports for messages, queues, state and activity. Options are taken as they are: the host has looked at their problems and told
    /// them all at once.
    /// </summary>
    public static IServiceCollection AddGatewayAzure(
        this IServiceCollection services, StorageOptions storage, BusOptions bus, CredentialOptions credential)
    {
        services.AddCredential(credential);
        services.AddSingleton(provider => new StorageClients(storage, storage.ConnectionString is null ? provider.GetRequiredService<TokenCredential>() : null));
        services.AddSingleton(provider => new BusClients(bus, bus.ConnectionString is null ? provider.GetRequiredService<TokenCredential>() : null));
        services.AddSingleton<AzureMetrics>();
        services.AddSingleton<IStageQueue, ServiceBusStageQueue>();
        services.AddSingleton<IMessageStore, BlobMessageStore>();
        services.AddSingleton<IStateStore, TableStateStore>();
        services.AddSingleton<IActivityLog, TableActivityLog>();
        services.AddSingleton<QueueAges>();
        services.AddSingleton<DependencyHealth>();
        return services;
    }

    /// <summary>Takes mail in; needs <see cref="AddGatewayAzure"/>.</summary>
    public static IServiceCollection AddBlobIntake(this IServiceCollection services, BlobIntakeOptions intake)
    {
        services.AddSingleton<EventSender>();
        services.AddSingleton(intake);
        services.AddSingleton<IIntake, BlobIntake>();
        return services;
    }

    /// <summary>The state store alone, for commands that look into it.</summary>
    /// <param name="storage">Without problems.</param>
    /// <param name="credential">For its endpoints.</param>
    /// <param name="clock">Tells what has expired.</param>
    public static IStateStore CreateStateStore(StorageOptions storage, CredentialOptions credential, TimeProvider clock) =>
        new TableStateStore(new StorageClients(storage, storage.ConnectionString is null ? credential.Create() : null), clock);

    /// <summary>The configuration document as a blob; needs <see cref="AddGatewayAzure"/>.</summary>
    /// <param name="services">Where it is added.</param>
    /// <param name="blobName">In the container <c>config</c>.</param>
    public static IServiceCollection AddBlobConfiguration(this IServiceCollection services, string blobName) =>
        services.AddSingleton<IConfigurationSource>(provider => new BlobConfigurationSource(provider.GetRequiredService<StorageClients>(), blobName));

    /// <summary>What deletes old state and activity; needs <see cref="AddGatewayAzure"/>. The host runs it, once for all replicas or in each.</summary>
    /// <param name="services">Where it is added.</param>
    /// <param name="options">Without problems.</param>
    public static IServiceCollection AddTableSweep(this IServiceCollection services, TableSweepOptions options) => services.AddSingleton(
        provider => new TableSweep(provider.GetRequiredService<StorageClients>(), options.ActivityRetention, provider.GetRequiredService<TimeProvider>()));

    /// <summary>The key vault, for secrets and certificates.</summary>
    /// <param name="services">Where it is added.</param>
    /// <param name="options">With an endpoint.</param>
    /// <param name="credential">Who we are there.</param>
    public static IServiceCollection AddKeyVault(this IServiceCollection services, KeyVaultOptions options, CredentialOptions credential)
    {
        services.AddCredential(credential);
        services.AddSingleton(provider => options.Create(provider.GetRequiredService<TokenCredential>()));
        services.AddSingleton<KeyVaultSecrets>();
        return services;
    }

    /// <summary>A server certificate out of the key vault, keyed by the secret's name; needs <see cref="AddKeyVault"/>.</summary>
    /// <param name="services">Where it is added.</param>
    /// <param name="secretName">The secret that holds it.</param>
    public static IServiceCollection AddKeyVaultCertificate(this IServiceCollection services, string secretName) =>
        services.AddKeyedSingleton(secretName, (provider, _) => new KeyVaultCertificateSource(provider.GetRequiredService<SecretClient>(), secretName));

    /// <summary>One for all: it caches its tokens.</summary>
    private static void AddCredential(this IServiceCollection services, CredentialOptions credential) =>
        services.TryAddSingleton(_ => credential.Create());
}
