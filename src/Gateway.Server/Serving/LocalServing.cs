using Gateway.Local;
using Gateway.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Gateway.Server.Serving;

/// <summary>Serves with the store of this machine: everything in this process.</summary>
internal static class LocalServing
{
    public static async Task RunAsync(LocalPlace place, ServeSettings settings, IAnsiConsole console, Signals signals)
    {
        LocalGateway? gateway = null;
        await using var started = gateway = await LocalGateway.StartAsync(
            new()
            {
                DataDirectory = place.DataDirectory,
                ConfigurationPath = place.Listening.ConfigurationPath!,
                SmtpListeners = place.Listening.Smtp,
                HttpEndpoint = place.Listening.Http,
                PublicUrl = place.PublicUrl,
                Smtp = settings.Smtp,
                ClientIp = settings.ClientIp,
                Limits = settings.Limits,
                Retention = new() { Retention = place.Retention },
                ConfigureLogging = logging => logging.AddConsoleLogs(place.Listening.Level),
                ConfigureServices = services => Add(services, settings),
                ConfigureHttp = routes => routes.MapHealth(() => gateway is null ? null : gateway.NotReadyReasonsAsync),
            },
            signals.Stop);
        ServeBanner.Show(console, gateway.SmtpListeners, gateway.HttpUrl, $"the directory {gateway.DataDirectory}", stages: "here");

        await signals.WaitAsync();
        await gateway.StopAsync(settings.Smtp.ShutdownTimeout);
    }

    private static void Add(IServiceCollection services, ServeSettings settings)
    {
        services.AddTelemetry(settings.Credential);
        services.UseKeyVault(settings);
        if (settings.Certificate is not { File: null, Secret: null }) // else there is one in the data directory
        {
            services.UseCertificates(settings);
        }
    }
}
