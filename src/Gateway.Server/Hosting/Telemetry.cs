using System.Collections;
using Gateway.Azure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.Server.Hosting;

/// <summary>
/// Traces, metrics and logs out of the process, when somebody says where to: OTEL_EXPORTER_OTLP_ENDPOINT and its companions,
/// APPLICATIONINSIGHTS_CONNECTION_STRING, or both.
/// </summary>
internal static class Telemetry
{
    /// <summary>Names of our activity sources and meters: one a room.</summary>
    public const string Names = "Gateway.*";

    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Spans are collected, and whoever takes them says which.</summary>
    public static bool IsOn => IsSet(EndpointVariable) || InsightsConnection is not null;

    private static string? InsightsConnection => Environment.GetEnvironmentVariable(ApplicationInsights.Variable) is { Length: > 0 } text ? text : null;

    /// <param name="services">Of the host.</param>
    /// <param name="credential">Who we are to Application Insights; null: nobody, and nothing is sent there.</param>
    public static void AddTelemetry(this IServiceCollection services, CredentialOptions? credential)
    {
        var insights = credential is null ? null : InsightsConnection;
        if (!IsSet(EndpointVariable) && insights is null)
        {
            return;
        }

        services.AddSingleton(Settings());
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("gateway", serviceVersion: ProgramVersion.Text))
            .WithTracing(tracing => tracing.AddSource(Names))
            .WithMetrics(metrics => metrics.AddMeter(Names))
            .WithLogging();
        if (IsSet(EndpointVariable))
        {
            telemetry
                .WithTracing(tracing => tracing.AddOtlpExporter())
                .WithMetrics(metrics => metrics.AddOtlpExporter())
                .WithLogging(logs => logs.AddOtlpExporter());
        }

        if (insights is not null)
        {
            telemetry.UseApplicationInsights(insights, credential!);
        }
    }

    private static bool IsSet(string name) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name));

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
