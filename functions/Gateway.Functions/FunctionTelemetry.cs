using System.Collections;
using Azure.Monitor.OpenTelemetry.Exporter;
using Gateway.Azure;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;

namespace Gateway.Functions;

/// <summary>Traces, metrics and logs: into Application Insights, by OTLP, or both, as the settings say; with neither they stay in the process.</summary>
internal static class FunctionTelemetry
{
    private const string ApplicationInsights = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    private const string Otlp = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Names of our activity sources and meters: one a room.</summary>
    private const string Names = "Gateway.*";

    public static void AddTelemetry(this IServiceCollection services, IDictionary environment, CredentialOptions credential)
    {
        var telemetry = services.AddOpenTelemetry()
            .UseFunctionsWorkerDefaults()
            .WithTracing(tracing => tracing.AddSource(Names))
            .WithMetrics(metrics => metrics.AddMeter(Names));
        if (IsSet(environment, Otlp))
        {
            telemetry.UseOtlpExporter();
        }

        if (IsSet(environment, ApplicationInsights))
        {
            // The key in the connection string opens nothing where local authentication is off, as infra has it.
            telemetry.UseAzureMonitorExporter(monitor =>
            {
                monitor.Credential = credential.Create();
                monitor.EnableTraceBasedLogsSampler = false; // a dead letter is told also when its trace is not
            });
        }
    }

    private static bool IsSet(IDictionary environment, string name) => environment[name] is string { Length: > 0 };
}
