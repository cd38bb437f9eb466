using Gateway.Pipeline.Configuration;
using Microsoft.Extensions.Hosting;

namespace Gateway.Functions;

/// <summary>Reads the configuration before the first event comes, and then whenever it changes.</summary>
/// <remarks>Without one Route and Deliver put their events off. A store that is down must not keep the process from coming up: the host would end it.</remarks>
internal sealed class ConfigurationWatch(ConfigurationReload reload, TimeProvider clock) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await reload.LoadOnceAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The watch tries again.
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => reload.RunAsync(stoppingToken);
}
