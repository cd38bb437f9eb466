using System.Collections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.Server.Hosting;

/// <summary>Traces, metrics and logs out of the process, when somebody says where to: OTEL_EXPORTER_OTLP_ENDPOINT and its companions.</summary>
internal static class Telemetry
{
    /// <summary>Names of our activity sources and meters: one a room.</summary>
    public const string Names = "Gateway.*";

    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Spans are collected, and its variables say which.</summary>
    public static bool IsOn => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(EndpointVariable));

    public static void AddTelemetry(this IServiceCollection services)
    {
        if (!IsOn)
        {
            return;
        }

        services.AddSingleton(Settings());
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("gateway", serviceVersion: ProgramVersion.Text))
            .WithTracing(tracing => tracing.AddSource(Names).AddOtlpExporter())
            .WithMetrics(metrics => metrics.AddMeter(Names).AddOtlpExporter())
            .WithLogging(logs => logs.AddOtlpExporter());
    }

    /// <summary>
    /// The exporters read their settings from the host's configuration, and ours is empty on purpose: no variable that happens to be called
    /// URLS may move a listener. So they get their own variables and no others.
    /// </summary>
    private static IConfiguration Settings() => new ConfigurationBuilder()
        .AddInMemoryCollection(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value))
            .Where(variable => variable.Key.StartsWith("OTEL_", StringComparison.Ordinal)))
        .Build();
}
