using System.Collections;
using Gateway.Azure;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;

namespace Gateway.Functions;

/// <summary>Traces, metrics and logs: into Application Insights, by OTLP, or both, as the settings say; with neither they stay in the process.</summary>
internal static class FunctionTelemetry
{
    private const string Otlp = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Names of our activity sources and meters: one a room.</summary>
    private const string Names = "Gateway.*";

    public static void AddTelemetry(this IServiceCollection services, IDictionary environment, CredentialOptions credential)
    {
        var telemetry = services.AddOpenTelemetry()
            .UseFunctionsWorkerDefaults()
            .WithTracing(tracing => tracing.AddSource(Names))
            .WithMetrics(metrics => metrics.AddMeter(Names));
        if (environment[Otlp] is string { Length: > 0 })
        {
            telemetry.UseOtlpExporter();
        }

        if (environment[ApplicationInsights.Variable] is string { Length: > 0 } connectionString)
        {
            telemetry.UseApplicationInsights(connectionString, credential);
        }
    }
}
