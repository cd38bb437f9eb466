using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.Server.Hosting;

/// <summary>Traces and metrics out of the process, when somebody says where to: OTEL_EXPORTER_OTLP_ENDPOINT and its companions.</summary>
internal static class Telemetry
{
    /// <summary>Names of our activity sources and meters: one a room.</summary>
    public const string Names = "Gateway.*";

    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void AddTelemetry(this IServiceCollection services)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(EndpointVariable)))
        {
            return;
        }

        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("gateway", serviceVersion: ProgramVersion.Text))
            .WithTracing(tracing => tracing.AddSource(Names).AddOtlpExporter())
            .WithMetrics(metrics => metrics.AddMeter(Names).AddOtlpExporter());
    }
}
