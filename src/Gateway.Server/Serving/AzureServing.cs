using Gateway.Local.Pump;
using Gateway.Server.Hosting;
using Spectre.Console;

namespace Gateway.Server.Serving;

/// <summary>Serves with Azure as the store: mail into blobs and Service Bus.</summary>
internal static class AzureServing
{
    public static async Task RunAsync(Listening listening, ServeSettings settings, IAnsiConsole console, Signals signals)
    {
        var azure = settings.Azure!;
        if (azure.Stages.InProcess)
        {
            // Reading a big message from its blob blocks a thread; the pool would give out more of them one a second.
            ThreadPool.SetMinThreads(new PumpOptions().InspectConcurrency + (2 * Environment.ProcessorCount), Environment.ProcessorCount);
        }

        await using var gateway = await AzureGateway.StartAsync(listening, settings, signals.Stop);
        ServeBanner.Show(
            console,
            gateway.SmtpListeners,
            gateway.HttpUrl,
            $"{azure.Storage.BlobEndpoint?.Host ?? "a storage emulator"} and {azure.Bus.Namespace ?? "a Service Bus emulator"}",
            azure.Stages.InProcess ? "here" : "in Functions");

        await signals.WaitAsync();
        await gateway.StopAsync(settings.Smtp.ShutdownTimeout);
    }
}
