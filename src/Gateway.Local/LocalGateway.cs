using System.Net;
using Gateway.Core.Configuration;
using Gateway.Core.Ports;
using Gateway.Local.Pump;
using Gateway.Local.Storage;
using Gateway.Pipeline.Configuration;
using Gateway.Smtp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Local;

/// <summary>The whole gateway in this process: mail in by SMTP, stages pumped from SQLite, webhooks out. Tests embed it too.</summary>
public sealed class LocalGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DataDirectory _directory;
    private readonly LocalDatabase _database;
    private readonly SmtpServer _smtp;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly LocalGatewayOptions _options;
    private Task _background = Task.CompletedTask;
    private bool _stopped;

    private LocalGateway(LocalGatewayOptions options, WebApplication app, DataDirectory directory, LocalDatabase database)
    {
        (_options, _app, _directory, _database) = (options, app, directory, database);
        _smtp = app.Services.GetRequiredService<SmtpServer>();
    }

    /// <summary>Where mail is taken.</summary>
    public IPEndPoint SmtpEndpoint => _smtp.Endpoint;

    /// <summary>Where its state is kept, as an absolute path.</summary>
    public string DataDirectory => _directory.Root;

    /// <summary>Where HTTP is served.</summary>
    public Uri HttpUrl { get; private set; } = new("http://localhost/");

    public IServiceProvider Services => _app.Services;

    /// <summary>What happens to messages, as it happens.</summary>
    public ActivityFeed Activity => _app.Services.GetRequiredService<ActivityFeed>();

    /// <summary>Starts everything, or nothing.</summary>
    /// <exception cref="StartupException">Something that it needs is not to be had; the message names it.</exception>
    public static async Task<LocalGateway> StartAsync(LocalGatewayOptions options, CancellationToken cancel)
    {
        var directory = Storage.DataDirectory.Open(options.DataDirectory);
        LocalDatabase? database = null;
        LocalGateway? gateway = null;
        try
        {
            database = LocalDatabase.Open(directory.Database);
            gateway = new(options, LocalServices.Build(options, directory, database, () => options.PublicUrl ?? gateway!.HttpUrl), directory, database);
            await gateway.StartAsync(cancel);
            return gateway;
        }
        catch
        {
            if (gateway is not null)
            {
                await gateway.DisposeAsync();
            }
            else
            {
                database?.Dispose();
                directory.Dispose();
            }

            throw;
        }
    }

    /// <summary>Why mail is not taken now; empty when it is. For readiness probes.</summary>
    public async ValueTask<IReadOnlyList<string>> NotReadyReasonsAsync(CancellationToken cancel)
    {
        var reasons = new List<string>();
        if (_stopped)
        {
            reasons.Add("shutting down");
        }
        else if (await CannotWriteAsync(cancel))
        {
            reasons.Add("the data directory cannot be written");
        }

        if (_app.Services.GetRequiredService<LiveConfiguration>().Current is null)
        {
            reasons.Add("there is no valid configuration");
        }

        return reasons;
    }

    /// <summary>
    /// Takes no new mail, finishes messages that are under way, then the stages that are; whatever is still at it after
    /// <paramref name="hardStop"/> is cut off, which loses nothing that was answered 250.
    /// </summary>
    public async Task StopAsync(TimeSpan hardStop)
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        using var limit = new Timer(_ => _abort.Cancel(), null, hardStop, Timeout.InfiniteTimeSpan);
        await _smtp.DrainAsync(hardStop);
        await _stop.CancelAsync();
        await _background;
        await _app.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _abort.CancelAsync();
        await StopAsync(TimeSpan.Zero);
        await _app.DisposeAsync();
        _database.Dispose();
        _directory.Dispose();
        _stop.Dispose();
        _abort.Dispose();
    }

    private async Task StartAsync(CancellationToken cancel)
    {
        var services = _app.Services;
        services.GetRequiredService<Sweep>().DeleteUnfinished();
        var released = await services.GetRequiredService<SqliteStageQueue>().ReleaseAllAsync();
        if (released > 0)
        {
            services.GetRequiredService<ILogger<LocalGateway>>().Resumed(released);
        }

        await LoadCertificateAsync(cancel);
        await StartHttpAsync(cancel);
        _options.HttpStarted?.Invoke(_directory, HttpUrl);
        await LoadConfigurationAsync(cancel);
        await StartSmtpAsync();
        _background = Task.WhenAll(Background().ToArray());
    }

    private IEnumerable<Task> Background()
    {
        var services = _app.Services;
        foreach (var pump in services.GetServices<StagePump>())
        {
            yield return pump.RunAsync(_stop.Token, _abort.Token);
        }

        yield return UntilStopped(services.GetRequiredService<Sweep>().RunAsync);
        yield return UntilStopped(services.GetRequiredService<ConfigurationReload>().RunAsync);
        yield return UntilStopped(services.GetRequiredService<CertificateReload>().RunAsync);
    }

    private async Task UntilStopped(Func<CancellationToken, Task> work)
    {
        try
        {
            await work(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // That is how it ends.
        }
    }

    private async Task LoadConfigurationAsync(CancellationToken cancel)
    {
        var path = Path.GetFullPath(_options.ConfigurationPath);
        ConfigurationText? text;
        try
        {
            // Read and judged here first: at start a bad document is an error told once, later it is logged and the last good one stays.
            text = await _app.Services.GetRequiredService<IConfigurationSource>().ReadAsync(cancel);
        }
        catch (IOException e)
        {
            var reason = Directory.Exists(path) ? "it is a directory" : e.Message.TrimEnd('.');
            throw new StartupException(StartupFault.Configuration, $"The configuration {path} cannot be read: {reason}", e);
        }

        if (text is null)
        {
            throw new StartupException(StartupFault.Configuration, $"The configuration {path} is not there");
        }

        if (ConfigurationDocument.Parse(text.Octets).Errors is { Length: > 0 } errors)
        {
            throw new StartupException(
                StartupFault.Configuration,
                $"The configuration {path} is not valid:{string.Concat(errors.Select(error => $"{Environment.NewLine}  {error}"))}");
        }

        _ = await _app.Services.GetRequiredService<ConfigurationReload>().LoadOnceAsync(cancel);
    }

    private async Task LoadCertificateAsync(CancellationToken cancel)
    {
        try
        {
            await _app.Services.GetRequiredService<CertificateReload>().LoadAsync(cancel);
        }
        catch (IOException e)
        {
            throw new StartupException(StartupFault.Certificate, $"The certificate cannot be used: {e.Message}", e);
        }
    }

    private async Task StartHttpAsync(CancellationToken cancel)
    {
        try
        {
            await _app.StartAsync(cancel);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            throw new StartupException(StartupFault.HttpEndpoint, $"HTTP cannot listen on {_options.HttpEndpoint}: {Innermost(e)}", e);
        }

        var addresses = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        HttpUrl = new(addresses!.Addresses.First());
    }

    private async Task StartSmtpAsync()
    {
        try
        {
            await _smtp.StartAsync(_options.SmtpEndpoint);
        }
        catch (System.Net.Sockets.SocketException e)
        {
            throw new StartupException(StartupFault.SmtpEndpoint, $"SMTP cannot listen on {_options.SmtpEndpoint}: {Innermost(e)}", e);
        }
    }

    /// <summary>A real write: a disk that is full or read-only shows in nothing less.</summary>
    private async ValueTask<bool> CannotWriteAsync(CancellationToken cancel)
    {
        try
        {
            await _app.Services.GetRequiredService<IStateStore>()
                .PutAsync(new("health", "ready"), "{}"u8.ToArray(), null, StateCondition.None, cancel);
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return true;
        }
    }

    private static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }

        return e.Message.TrimEnd('.').ToLowerInvariant();
    }
}
