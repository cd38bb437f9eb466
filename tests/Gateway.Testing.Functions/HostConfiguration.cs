using System.Globalization;
using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.Configuration;

namespace Gateway.Testing.Functions;

/// <summary>What <c>host.json</c> says, with the settings <c>AzureFunctionsJobHost__…</c> over it, and the real host's defaults where both are silent.</summary>
internal sealed class HostConfiguration
{
    private const string SettingsPrefix = "AzureFunctionsJobHost:";
    private const string ServiceBus = "extensions:serviceBus:";
    private const string Retries = ServiceBus + "clientRetryOptions:";

    private static readonly Dictionary<string, Action<HostConfiguration, string>> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["version"] = (_, text) => Require(text == "2.0"),
        // The host's own telemetry, of which there is none here.
        ["telemetryMode"] = (_, _) => { },
        ["functionTimeout"] = (host, text) => host.FunctionTimeout = text == "-1" ? Timeout.InfiniteTimeSpan : Time(text),
        [ServiceBus + "prefetchCount"] = (host, text) => host.PrefetchCount = Number(text, least: 0),
        [ServiceBus + "autoCompleteMessages"] = (host, text) => host.AutoCompleteMessages = bool.Parse(text),
        [ServiceBus + "maxAutoLockRenewalDuration"] = (host, text) => host.MaxAutoLockRenewalDuration = Time(text),
        [ServiceBus + "maxConcurrentCalls"] = (host, text) => host.MaxConcurrentCalls = Number(text, least: 1),
        [Retries + "mode"] = (host, text) => host.Retry.Mode = Enum.Parse<ServiceBusRetryMode>(text, ignoreCase: true),
        [Retries + "maxRetries"] = (host, text) => host.Retry.MaxRetries = Number(text, least: 0),
        [Retries + "delay"] = (host, text) => host.Retry.Delay = Time(text),
        [Retries + "maxDelay"] = (host, text) => host.Retry.MaxDelay = Time(text),
        [Retries + "tryTimeout"] = (host, text) => host.Retry.TryTimeout = Time(text),
    };

    public int PrefetchCount { get; private set; }

    public bool AutoCompleteMessages { get; private set; } = true;

    public TimeSpan MaxAutoLockRenewalDuration { get; private set; } = TimeSpan.FromMinutes(5);

    /// <summary>For each function by itself. Default: 16 a core.</summary>
    public int MaxConcurrentCalls { get; private set; } = 16 * Environment.ProcessorCount;

    public ServiceBusRetryOptions Retry { get; } = new();

    /// <summary>After it the worker is ended. Default 30 minutes, as on the Flex Consumption plan.</summary>
    public TimeSpan FunctionTimeout { get; private set; } = TimeSpan.FromMinutes(30);

    /// <exception cref="InvalidOperationException">Something in it is wrong or not imitated; all such are named.</exception>
    public static HostConfiguration Read(string applicationDirectory, AppSettings settings)
    {
        var values = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(Path.GetFullPath(applicationDirectory), "host.json"), optional: false, reloadOnChange: false)
            .AddInMemoryCollection(settings.Under(SettingsPrefix))
            .Build()
            .AsEnumerable()
            // Logging is the host's filter of the worker's lines; here all are kept. A key without a value is only a parent.
            .Where(pair => pair.Value is not null && !pair.Key.StartsWith("logging:", StringComparison.OrdinalIgnoreCase))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal);
        var host = new HostConfiguration();
        var faults = values.Where(pair => !host.TrySet(pair.Key, pair.Value!)).Select(pair => $"{pair.Key} = \"{pair.Value}\"").ToList();
        return faults.Count == 0 ? host : throw new InvalidOperationException($"host.json: wrong, or not imitated: {string.Join(", ", faults)}");
    }

    private bool TrySet(string key, string text)
    {
        if (!Known.TryGetValue(key, out var set))
        {
            return false;
        }

        try
        {
            set(this, text);
            return true;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or OverflowException)
        {
            return false;
        }
    }

    private static TimeSpan Time(string text) => TimeSpan.Parse(text, CultureInfo.InvariantCulture) is var time && time >= TimeSpan.Zero
        ? time
        : throw new FormatException();

    private static int Number(string text, int least) => int.Parse(text, CultureInfo.InvariantCulture) is var number && number >= least
        ? number
        : throw new FormatException();

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new FormatException();
        }
    }
}
