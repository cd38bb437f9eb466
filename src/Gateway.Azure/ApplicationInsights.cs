using System.Text.RegularExpressions;
using Azure.Monitor.OpenTelemetry.Exporter;
using OpenTelemetry;

namespace Gateway.Azure;

/// <summary>Traces, metrics and logs into Application Insights.</summary>
public static partial class ApplicationInsights
{
    /// <summary>The variable that names the resource, as the platform sets it.</summary>
    public const string Variable = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    /// <summary>Sends there whatever the host's own builder collects, under our identity.</summary>
    /// <param name="telemetry">Of the host.</param>
    /// <param name="connectionString">Without <see cref="Problems"/>. The key in it opens nothing where local authentication is off, as infra has it.</param>
    /// <param name="credential">Who we are.</param>
    public static T UseApplicationInsights<T>(this T telemetry, string connectionString, CredentialOptions credential)
        where T : IOpenTelemetryBuilder
    {
        telemetry.UseAzureMonitorExporter(monitor =>
        {
            monitor.ConnectionString = connectionString;
            monitor.Credential = credential.Create();
            monitor.EnableTraceBasedLogsSampler = false; // a dead letter is told also when its trace is not
        });
        return telemetry;
    }

    /// <summary>Everything that is wrong with it, none of it quoted; empty: nothing.</summary>
    /// <param name="connectionString">As it is set; null or empty: it is not, and nothing is sent.</param>
    public static IEnumerable<string> Problems(string? connectionString)
    {
        if (!string.IsNullOrEmpty(connectionString) && !Form.IsMatch(connectionString))
        {
            yield return $"{Variable} is not a connection string of Application Insights: InstrumentationKey=GUID;IngestionEndpoint=URL and the like";
        }
    }

    /// <summary>Pairs, one of them the key.</summary>
    [GeneratedRegex("^(?=(?:.*;)?InstrumentationKey=[0-9a-f-]{36}(?:;|$))(?:[A-Za-z]+=[^;=]+(?:;|$))+\\z", RegexOptions.IgnoreCase)]
    private static partial Regex Form { get; }
}
