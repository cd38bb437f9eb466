using Gateway.Core.Ports;
using Gateway.Pipeline.Configuration;
using Gateway.Pipeline.DeadLetters;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Routing;
using Gateway.Pipeline.Tests.StandIns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gateway.Pipeline.Tests;

public sealed class PipelineServicesTests
{
    [Fact]
    public async Task Everything_registered_can_be_made()
    {
        await using var provider = Services().BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

        Assert.NotNull(provider.GetRequiredService<RouteStage>());
        Assert.NotNull(provider.GetRequiredService<DeliverStage>());
        Assert.NotNull(provider.GetRequiredService<DeadLetterBook>());
        Assert.Same(provider.GetRequiredService<EndpointSlots>(), provider.GetRequiredService<EndpointSlots>());
        Assert.Equal(8, provider.GetRequiredService<IOptions<DeliveryOptions>>().Value.SlotsPerEndpoint);
        Assert.Equal(TimeSpan.FromDays(30), provider.GetRequiredService<IOptions<KeptOptions>>().Value.KeptRetention);
    }

    [Fact]
    public async Task A_key_vault_is_used_when_the_host_has_one()
    {
        var secret = WebhookSecret.New();
        await using var without = Services().BuildServiceProvider();
        await using var with = Services().AddSingleton<KeyVaultReader>((name, _) => ValueTask.FromResult<string?>(secret)).BuildServiceProvider();

        Assert.Equal("no Key Vault is configured", (await ResolveAsync(without)).Problem);
        Assert.NotNull((await ResolveAsync(with)).Secret);

        static ValueTask<ResolvedSecret> ResolveAsync(ServiceProvider provider) =>
            provider.GetRequiredService<SecretResolver>().ResolveAsync(new("keyvault", "app"), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Options_out_of_range_stop_the_start_naming_every_fault()
    {
        using var provider = Services()
            .Configure<DeliveryOptions>(options => (options.SlotsPerEndpoint, options.LinkLifetime) = (0, TimeSpan.Zero))
            .Configure<KeptOptions>(options => options.KeptRetention = TimeSpan.Zero)
            .BuildServiceProvider();

        var error = Assert.Throws<AggregateException>(() => provider.GetRequiredService<IStartupValidator>().Validate());

        var text = string.Join('\n', error.InnerExceptions.Select(inner => inner.Message));
        Assert.Contains(nameof(DeliveryOptions.SlotsPerEndpoint), text, StringComparison.Ordinal);
        Assert.Contains(nameof(DeliveryOptions.LinkLifetime), text, StringComparison.Ordinal);
        Assert.Contains(nameof(KeptOptions.KeptRetention), text, StringComparison.Ordinal);
    }

    private static IServiceCollection Services() => new ServiceCollection()
        .AddLogging()
        .AddMetrics()
        .AddSingleton<FileMessageStore>()
        .AddSingleton<IMessageStore>(services => services.GetRequiredService<FileMessageStore>())
        .AddSingleton<IStateStore, MemoryStateStore>()
        .AddSingleton<IConfigurationSource, NoSource>()
        .AddGatewayPipeline();

    private sealed class NoSource : IConfigurationSource
    {
        public string Name => "none";

        public ValueTask<ConfigurationText?> ReadAsync(CancellationToken cancel) => ValueTask.FromResult<ConfigurationText?>(null);

        public ValueTask<string?> WriteAsync(ReadOnlyMemory<byte> octets, string? eTag, CancellationToken cancel) => ValueTask.FromResult<string?>(null);
    }
}
