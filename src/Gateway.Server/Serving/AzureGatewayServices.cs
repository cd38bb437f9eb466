using Gateway.Azure;
using Gateway.Azure.Stores;
using Gateway.Core.Ports;
using Gateway.Local;
using Gateway.Local.Files;
using Gateway.Local.Pump;
using Gateway.Pipeline;
using Gateway.Pipeline.Configuration;
using Gateway.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.Server.Serving;

/// <summary>Puts <see cref="AzureGateway"/> together: our rooms, the Azure adapters, and a small web server for probes.</summary>
internal static class AzureGatewayServices
{
    private const int MaxHttpConnections = 100;

    public static WebApplication Build(
        Listening listening, ServeSettings settings, Func<Func<CancellationToken, ValueTask<IReadOnlyList<string>>>?> notReadyReasons)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxHttpConnections; // probes need few, and descriptors are SMTP's
            kestrel.Listen(listening.Http);
        });
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.Services.AddRoutingCore();
        builder.Services.AddMetrics();
        builder.Services.AddLogging(logging => logging.AddConsoleLogs(listening.Level));
        builder.Services.AddTelemetry(settings.Credential);
        builder.Services.AddSingleton(_ => new TracePropagation(isUndecided: !Telemetry.IsOn));
        AddAdapters(builder.Services, listening, settings);
        AddRooms(builder.Services, settings);

        var app = builder.Build();
        app.UseRouting();
        app.MapHealth(notReadyReasons);
        return app;
    }

    private static void AddAdapters(IServiceCollection services, Listening listening, ServeSettings settings)
    {
        var azure = settings.Azure!;
        services.AddSingleton(TimeProvider.System);
        services.AddGatewayAzure(azure.Storage, azure.Bus, settings.Credential);
        services.AddBlobIntake(azure.Intake);
        if (listening.ConfigurationPath is { } path)
        {
            services.AddSingleton<IConfigurationSource>(new FileConfigurationSource(path));
        }
        else
        {
            services.AddBlobConfiguration(azure.Configuration.Blob ?? BlobConfigurationSource.DefaultBlobName);
        }

        services.UseKeyVault(settings);
        services.UseCertificates(settings);
    }

    private static void AddRooms(IServiceCollection services, ServeSettings settings)
    {
        services.AddGatewayPipeline();
        services.Configure<ConfigurationReloadOptions>(reload => reload.PollInterval = settings.Azure!.Configuration.PollInterval);
        services.AddReceiving(settings.Smtp, settings.ClientIp, settings.Limits);
        if (settings.Azure!.Stages.InProcess)
        {
            services.AddSingleton(new PumpOptions());
            services.AddSingleton<StageRunner>();
            services.AddSingleton<BusStages>();
            services.AddSingleton<Upkeep>();
            services.AddTableSweep(settings.Azure.Stages);
            services.Configure<KeptOptions>(kept => kept.KeptRetention = settings.Azure.Stages.KeptRetention);
        }
    }
}
