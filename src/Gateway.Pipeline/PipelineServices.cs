using Gateway.Pipeline.Configuration;
using Gateway.Pipeline.DeadLetters;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Inspect;
using Gateway.Pipeline.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.Pipeline;

/// <summary>Registers the stages for whoever drives them.</summary>
public static class PipelineServices
{
    /// <summary>
    /// Adds the stages and what they need. The host brings the ports (message store, state store, configuration source), logging and
    /// metrics, the <see cref="Core.Configuration.LiveConfiguration"/> if it has one already, and binds the options where it likes; they
    /// are validated at its start. A host whose queue has no transactions adds <see cref="StageRunner"/>, stage queue and activity log.
    /// </summary>
    public static IServiceCollection AddGatewayPipeline(this IServiceCollection services)
    {
        services.AddOptions<KeptOptions>().ValidateOnStart();
        services.AddOptions<DeliveryOptions>().ValidateOnStart();
        services.AddOptions<ConfigurationReloadOptions>().ValidateOnStart();
        services.TryAddEnumerable(
        [
            ServiceDescriptor.Singleton<IValidateOptions<KeptOptions>, KeptOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<DeliveryOptions>, DeliveryOptionsValidator>(),
            ServiceDescriptor.Singleton<IValidateOptions<ConfigurationReloadOptions>, ConfigurationReloadOptionsValidator>(),
        ]);

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Core.Configuration.LiveConfiguration>();
        services.TryAddSingleton<PipelineMetrics>();
        services.TryAddSingleton<ConfigurationReload>();
        services.TryAddSingleton<SecretResolver>();
        services.TryAddSingleton<DeadLetterBook>();
        services.TryAddSingleton<EndpointSlots>();
        services.TryAddSingleton<EndpointParking>();
        services.TryAddSingleton<WebhookClient>();
        services.TryAddSingleton<DeliveryAttempt>();

        services.AddOptions<InspectOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<InspectOptions>, InspectOptionsValidator>());
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<InspectOptions>>().Value);
        services.TryAddSingleton<InspectMetrics>();
        services.TryAddSingleton<InspectStage>();
        services.TryAddSingleton<RouteStage>();
        services.TryAddSingleton<DeliverStage>();
        return services;
    }
}
