using Gateway.Azure;
using Gateway.Core.Configuration;
using Gateway.Local;
using Gateway.Local.Pump;
using Gateway.Pipeline.Configuration;
using Gateway.Smtp;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Serving;

/// <summary>
/// The receiving half in Azure: SMTP and health probes, and where it is asked for the stages too. Without storage, bus, vault or a valid
/// configuration it runs and is not ready: it says 421 or 451, and takes mail when they are there.
/// </summary>
internal sealed class AzureGateway : IAsyncDisposable
{
    /// <summary>For a bus that does not answer any more; with the default time to shut down it is still under the 30 seconds that containers get.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;
    private readonly ILogger<AzureGateway> _logger;
    private readonly SmtpServer _smtp;
    private readonly BusStages? _stages;
    private readonly CancellationTokenSource _stop = new();
    private Task _background = Task.CompletedTask;
    private volatile bool _isStopping;

    private static readonly TimeSpan CertificateRetry = TimeSpan.FromSeconds(10);

    private AzureGateway(WebApplication app)
    {
        _app = app;
        _logger = app.Services.GetRequiredService<ILogger<AzureGateway>>();
        _smtp = app.Services.GetRequiredService<SmtpServer>();
        _stages = app.Services.GetService<BusStages>();
    }

    public IReadOnlyList<SmtpListener> SmtpListeners => _smtp.Listeners;

    public Uri HttpUrl { get; private set; } = new("http://localhost/");

    /// <exception cref="StartupException">A port is in use, an emulator cannot be reached, or a certificate file cannot be used.</exception>
    public static async Task<AzureGateway> StartAsync(Listening listening, ServeSettings settings, CancellationToken cancel)
    {
        AzureGateway? gateway = null;
        var app = AzureGatewayServices.Build(listening, settings, () => gateway is { HasStarted: true } ? gateway.NotReadyReasonsAsync : null);
        gateway = new(app);
        try
        {
            await gateway.ComeUpAsync(listening, settings, cancel);
            return gateway;
        }
        catch // whatever it was: nothing stays half up, and it goes on to the caller
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes no new mail and finishes what is under way, until <paramref name="hardStop"/>.</summary>
    public async Task StopAsync(TimeSpan hardStop)
    {
        _isStopping = true;
        using var limit = new CancellationTokenSource(hardStop);
        await Task.WhenAll(_smtp.DrainAsync(hardStop), StopStagesAsync(hardStop + CloseTimeout, limit.Token));
        await _stop.CancelAsync();
        await _background;
        await _app.StopAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _smtp.DrainAsync(TimeSpan.Zero);
        await _background;
        await EndsWithinAsync(CloseTimeout, _app.DisposeAsync().AsTask()); // with all that it made, the stages first
        _stop.Dispose();
    }

    private Task StopStagesAsync(TimeSpan limit, CancellationToken hardStop) =>
        _stages is null ? Task.CompletedTask : EndsWithinAsync(limit, _stages.StopAsync(hardStop));

    /// <summary>The bus must be told that we go, and may be what does not answer; what it is not told it finds out when locks end.</summary>
    private async Task EndsWithinAsync(TimeSpan limit, Task closing)
    {
        try
        {
            await closing.WaitAsync(limit);
        }
        catch (Exception e)
        {
            _logger.NotClosed(e);
        }
    }

    private bool HasStarted { get; set; }

    private async Task ComeUpAsync(Listening listening, ServeSettings settings, CancellationToken cancel)
    {
        var services = _app.Services;
        services.GetRequiredService<TracePropagation>();
        HttpUrl = await Listeners.StartHttpAsync(_app, listening.Http, cancel); // liveness first: what follows may take its time
        await CreateInEmulatorAsync(cancel);
        await LoadCertificateAsync(settings.Certificate.Secret is not null, cancel);
        _ = await services.GetRequiredService<ConfigurationReload>().LoadOnceAsync(cancel);
        Listeners.StartSmtp(_smtp, listening.Smtp);
        if (_stages is not null)
        {
            await _stages.StartAsync(cancel);
        }

        _background = Task.WhenAll(Background().ToArray());
        HasStarted = true;
    }

    private IEnumerable<Task> Background()
    {
        var services = _app.Services;
        yield return UntilStopped("configuration reload", services.GetRequiredService<ConfigurationReload>().RunAsync);
        yield return UntilStopped("certificate reload", services.GetRequiredService<CertificateReload>().RunAsync);
        if (services.GetService<Upkeep>() is { } upkeep)
        {
            yield return UntilStopped("sweep", upkeep.SweepAsync);
            yield return UntilStopped("look into the queues", upkeep.MeasureAsync);
        }
    }

    private async ValueTask<IReadOnlyList<string>> NotReadyReasonsAsync(CancellationToken cancel)
    {
        if (_isStopping)
        {
            return ["shutting down"];
        }

        var reasons = new List<string>(await _app.Services.GetRequiredService<DependencyHealth>().ProblemsAsync().WaitAsync(cancel));
        if (_app.Services.GetRequiredService<LiveConfiguration>().Current is null)
        {
            reasons.Add("there is no valid configuration");
        }

        return reasons;
    }

    /// <summary>In Azure infra has made the containers; an emulator is empty at its start.</summary>
    private async Task CreateInEmulatorAsync(CancellationToken cancel)
    {
        var storage = _app.Services.GetRequiredService<StorageClients>();
        try
        {
            if (storage.IsEmulator)
            {
                await storage.CreateAsync(cancel);
            }
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            throw new StartupException(StartupFault.Store, $"The storage emulator at {storage.Blobs.Uri.Authority} cannot be used: {Listeners.Reason(e)}", e);
        }
    }

    /// <summary>A file that cannot be used is a mistake. A vault may come up later, as storage and bus may: until then no mail is taken, in plain text least of all.</summary>
    private async Task LoadCertificateAsync(bool isInVault, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await _app.Services.GetRequiredService<CertificateReload>().LoadAsync(cancel);
                return;
            }
            catch (IOException e) when (isInVault)
            {
                _logger.CertificateNotLoaded(e, CertificateRetry);
                await Task.Delay(CertificateRetry, cancel);
            }
            catch (IOException e)
            {
                throw new StartupException(StartupFault.Certificate, $"The certificate cannot be used: {e.Message}", e);
            }
        }
    }

    private Task UntilStopped(string name, Func<CancellationToken, Task> work) => BackgroundWork.UntilStoppedAsync(name, work, _logger, _stop.Token);
}
