using System.ComponentModel.DataAnnotations;
using Gateway.Core.Configuration;
using Gateway.Core.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Pipeline.Configuration;

/// <summary>How the configuration document is watched.</summary>
public sealed class ConfigurationReloadOptions
{
    /// <summary>How often the source is read. Default 1 second.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);
}

[OptionsValidator]
internal sealed partial class ConfigurationReloadOptionsValidator : IValidateOptions<ConfigurationReloadOptions>;

/// <summary>Keeps <see cref="LiveConfiguration"/> up to date with its source. The last good configuration stays in force whatever happens.</summary>
/// <remarks>Used by one caller at a time: the host loads once at its start and then runs the watch.</remarks>
public sealed class ConfigurationReload(
    IConfigurationSource source,
    LiveConfiguration live,
    IOptions<ConfigurationReloadOptions> options,
    TimeProvider clock,
    ILogger<ConfigurationReload> logger,
    PipelineMetrics metrics)
{
    private string? _eTag;
    private ConfigurationResult? _result;
    private string? _trouble;

    /// <summary>Watches until it is cancelled; then it throws <see cref="OperationCanceledException"/> and nothing else ever.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(options.Value.PollInterval, clock);
        do
        {
            await LoadOnceAsync(cancel);
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }

    /// <summary>Reads the document, and if it is a new one and good puts it in force. Each problem is logged once, not at every look.</summary>
    /// <returns>What came of the document as it is now; null when there is none, or it cannot be read or judged.</returns>
    public async ValueTask<ConfigurationResult?> LoadOnceAsync(CancellationToken cancel)
    {
        ConfigurationText? text;
        try
        {
            text = await source.ReadAsync(cancel);
        }
        catch (Exception) when (cancel.IsCancellationRequested)
        {
            // An SDK that is cut in its second try tells of both, in an exception of another type.
            throw new OperationCanceledException(cancel);
        }
        catch (Exception e)
        {
            // Whatever a source throws: a watch that ends is a configuration that can never be put right without a restart.
            Trouble($"{e.GetType().Name}: {e.Message}", () => logger.Unreadable(e, source.Name));
            return null;
        }

        if (text is null)
        {
            Trouble("none", () => logger.Missing(source.Name, Consequence));
            return null;
        }

        _trouble = null;
        if (text.ETag != _eTag)
        {
            (_eTag, _result) = (text.ETag, null);
            try
            {
                _result = Take(text);
            }
            catch (Exception e)
            {
                // A fault of ours in judging one document must not end the watch either.
                metrics.Reloaded(good: false);
                logger.Unjudged(e, source.Name);
            }
        }

        return _result;
    }

    private ConfigurationResult Take(ConfigurationText text)
    {
        var result = ConfigurationDocument.Parse(text.Octets);
        foreach (var error in result.Errors)
        {
            logger.Error(source.Name, error.Path, error.Reason);
        }

        foreach (var warning in result.Warnings)
        {
            logger.Warning(source.Name, warning.Path, warning.Reason);
        }

        if (result.Configuration is not { } next)
        {
            metrics.Reloaded(good: false);
            logger.Refused(source.Name, result.Errors.Length, Consequence);
            return result;
        }

        if (PipelineTelemetry.Points.IsEnabled(PipelineTelemetry.ConfigurationReplacing))
        {
            PipelineTelemetry.Points.Write(PipelineTelemetry.ConfigurationReplacing, text.ETag);
        }

        live.Replace(next);
        metrics.Reloaded(good: true);
        logger.InForce(source.Name, next.Domains.Length, next.Endpoints.Length, next.Routes.Length);
        return result;
    }

    private string Consequence => live.Current is null ? "no mail is taken until there is a good one" : "the last good one stays in force";

    private void Trouble(string what, Action log)
    {
        if (_trouble != what)
        {
            _trouble = what;
            log();
        }
    }
}
