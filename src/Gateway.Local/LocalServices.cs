using System.Security.Cryptography;
using Gateway.Core.Events;
using Gateway.Core.Ports;
using Gateway.Local.Files;
using Gateway.Local.Links;
using Gateway.Local.Pump;
using Gateway.Local.Storage;
using Gateway.Pipeline;
using Gateway.Pipeline.DeadLetters;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Inspect;
using Gateway.Pipeline.Routing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Local;

/// <summary>Puts the gateway of one machine together: our rooms, the local adapters, and a small web server for links.</summary>
internal static class LocalServices
{
    private const string LinkKeyName = "link-key";
    private const int MaxHttpConnections = 500;

    public static WebApplication Build(LocalGatewayOptions options, DataDirectory directory, LocalDatabase database, Func<Uri> publicUrl)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxHttpConnections; // descriptors are SMTP's and the store's, too
            kestrel.Listen(options.HttpEndpoint);
        });
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.Services.AddRoutingCore();
        builder.Services.AddMetrics();
        builder.Services.AddLogging(options.ConfigureLogging ?? (_ => { }));
        AddAdapters(builder.Services, options, directory, database, publicUrl);
        AddRooms(builder.Services, options);
        AddPumps(builder.Services, options.Pump);
        options.ConfigureServices?.Invoke(builder.Services);

        var app = builder.Build();
        app.UseRouting();
        app.MapLinks();
        options.ConfigureHttp?.Invoke(app);
        return app;
    }

    private static void AddAdapters(IServiceCollection services, LocalGatewayOptions options, DataDirectory directory, LocalDatabase database, Func<Uri> publicUrl)
    {
        var linkKey = directory.ReadOrCreateSecret(LinkKeyName, () => RandomNumberGenerator.GetBytes(LinkSigner.KeyOctets));
        services.AddSingleton(options.Clock);
        services.AddSingleton(options.Retention);
        services.AddSingleton(directory);
        services.AddSingleton(database);
        services.AddSingleton(new LinkSigner(publicUrl, linkKey, options.Clock));
        services.AddSingleton<SqliteStageQueue>();
        services.AddSingleton<SqliteMessageStore>();
        services.AddSingleton<IIntake, SqliteIntake>();
        services.AddSingleton<IStageQueue>(provider => provider.GetRequiredService<SqliteStageQueue>());
        services.AddSingleton<IMessageStore>(provider => provider.GetRequiredService<SqliteMessageStore>());
        services.AddSingleton<IStateStore, SqliteStateStore>();
        services.AddSingleton<IActivityLog, SqliteActivityLog>();
        services.AddSingleton<IConfigurationSource>(new FileConfigurationSource(options.ConfigurationPath));
        services.AddSingleton<ICertificateSource>(new FileCertificateSource(directory, options.Smtp.Hostname, options.Clock));
        services.AddSingleton<Sweep>();
        services.AddSingleton<ActivityFeed>();
        services.AddSingleton<LocalMetrics>();
        services.AddSingleton(_ => new TracePropagation(isUndecided: false)); // whoever embeds the gateway may collect
    }

    private static void AddRooms(IServiceCollection services, LocalGatewayOptions options)
    {
        services.AddGatewayPipeline();
        services.Configure<DeliveryOptions>(delivery => delivery.LinkLifetime = options.Retention.LinkLifetime);
        services.Configure<KeptOptions>(kept => kept.KeptRetention = options.Retention.KeptRetention);
        services.AddReceiving(options.Smtp, options.ClientIp, options.Limits);
    }

    private static void AddPumps(IServiceCollection services, PumpOptions options)
    {
        AddPump(services, options, StageQueue.Received, options.InspectConcurrency, provider => provider.GetRequiredService<InspectStage>().RunAsync);
        AddPump(services, options, StageQueue.Inspected, options.RouteConcurrency, provider => provider.GetRequiredService<RouteStage>().RunAsync);
        AddPump(services, options, StageQueue.Deliveries, options.DeliverConcurrency, provider => provider.GetRequiredService<DeliverStage>().RunAsync);
    }

    private static void AddPump(
        IServiceCollection services,
        PumpOptions options,
        StageQueue queue,
        int concurrency,
        Func<IServiceProvider, Func<ReadOnlyMemory<byte>, CancellationToken, Task<StageResult>>> stage) =>
        services.AddSingleton(provider => new StagePump(
            queue,
            stage(provider),
            concurrency,
            options,
            provider.GetRequiredService<SqliteStageQueue>(),
            provider.GetRequiredService<DeadLetterBook>(),
            provider.GetRequiredService<ActivityFeed>().Raise,
            provider.GetRequiredService<LocalMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<StagePump>>()));
}
