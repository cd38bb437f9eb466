using System.Net;
using Gateway.Core.Configuration;
using Gateway.Core.Ports;
using Gateway.Local.Pump;
using Gateway.Local.Storage;
using Gateway.Pipeline.Configuration;
using Gateway.Smtp;
using Microsoft.AspNetCore.Builder;
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
    private readonly Lock _stopping = new();
    private Task? _stopped;
    private bool _disposed;
    private long? _wroteAt;

    private LocalGateway(LocalGatewayOptions options, WebApplication app, DataDirectory directory, LocalDatabase database)
    {
        (_options, _app, _directory, _database) = (options, app, directory, database);
        _smtp = app.Services.GetRequiredService<SmtpServer>();
    }

    /// <summary>Where mail is taken from other servers.</summary>
    public IPEndPoint SmtpEndpoint => Listeners.MxOf(_smtp);

    /// <summary>Where mail is taken, from whomever.</summary>
    public IReadOnlyList<SmtpListener> SmtpListeners => _smtp.Listeners;

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
            database = LocalDatabase.Open(directory);
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
        if (_stopped is not null)
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
    /// <paramref name="hardStop"/> is cut off, which loses nothing that was answered 250. Called again, it waits for the same stop.
    /// </summary>
    public Task StopAsync(TimeSpan hardStop)
    {
        lock (_stopping)
        {
            return _stopped ??= StopOnceAsync(hardStop);
        }
    }

    /// <summary>Cuts what is still going on. Stop first to let it end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        try
        {
            await _abort.CancelAsync();
            var stopped = StopAsync(TimeSpan.Zero);
            await _smtp.DrainAsync(TimeSpan.Zero); // also when a stop with more patience is under way
            await stopped;
        }
        finally
        {
            await _app.DisposeAsync();
            _database.Dispose();
            _directory.Dispose();
            _stop.Dispose();
            _abort.Dispose();
        }
    }

    private async Task StopOnceAsync(TimeSpan hardStop)
    {
        using var limit = new CancellationTokenSource(hardStop, _options.Clock);
        await using var cut = limit.Token.Register(_abort.Cancel);
        await _smtp.DrainAsync(hardStop);
        await _stop.CancelAsync();
        await _background;
        await _app.StopAsync(_abort.Token);
    }

    private async Task StartAsync(CancellationToken cancel)
    {
        var services = _app.Services;
        services.GetRequiredService<TracePropagation>();
        await ResumeAsync();
        await LoadCertificateAsync(cancel);
        HttpUrl = await Listeners.StartHttpAsync(_app, _options.HttpEndpoint, cancel);
        _options.HttpStarted?.Invoke(_directory, HttpUrl);
        await LoadConfigurationAsync(cancel);
        Listeners.StartSmtp(_smtp, _options.SmtpListeners);
        _background = Task.WhenAll(Background().ToArray());
    }

    /// <summary>Puts in order what the last run left behind.</summary>
    private async Task ResumeAsync()
    {
        var services = _app.Services;
        try
        {
            services.GetRequiredService<Sweep>().DeleteUnfinished(TimeSpan.Zero);
            if (await services.GetRequiredService<SqliteStageQueue>().ReleaseAllAsync() is var released and > 0)
            {
                services.GetRequiredService<ILogger<LocalGateway>>().Resumed(released);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Microsoft.Data.Sqlite.SqliteException)
        {
            throw new StartupException(StartupFault.DataDirectory, $"The data directory {_directory.Root} cannot be used: {e.Message.TrimEnd('.')}", e);
        }
    }

    private IEnumerable<Task> Background()
    {
        var services = _app.Services;
        foreach (var pump in services.GetServices<StagePump>())
        {
            yield return pump.RunAsync(_stop.Token, _abort.Token);
        }

        yield return UntilStopped("sweep", services.GetRequiredService<Sweep>().RunAsync);
        yield return UntilStopped("configuration reload", services.GetRequiredService<ConfigurationReload>().RunAsync);
        yield return UntilStopped("certificate reload", services.GetRequiredService<CertificateReload>().RunAsync);
    }

    private Task UntilStopped(string name, Func<CancellationToken, Task> work) =>
        BackgroundWork.UntilStoppedAsync(name, work, _app.Services.GetRequiredService<ILogger<LocalGateway>>(), _stop.Token);

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

    /// <summary>A real write, since a disk that is full or read-only shows in nothing less; at most one a second, since anybody may ask.</summary>
    private async ValueTask<bool> CannotWriteAsync(CancellationToken cancel)
    {
        if (_wroteAt is { } last && _options.Clock.GetElapsedTime(last) < TimeSpan.FromSeconds(1))
        {
            return false;
        }

        try
        {
            await _app.Services.GetRequiredService<IStateStore>()
                .PutAsync(new("health", "ready"), "{}"u8.ToArray(), null, StateCondition.None, cancel);
            _wroteAt = _options.Clock.GetTimestamp();
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return true;
        }
    }
}
