using Gateway.Local;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Gateway.Server.Hosting;

/// <summary>Probes: alive is the process, ready is whether mail is taken now.</summary>
internal static class HealthEndpoint
{
    public static void MapHealth(this IEndpointRouteBuilder routes, Func<LocalGateway?> gateway)
    {
        routes.MapGet("/healthz/live", () => Results.Text("live\n"));
        routes.MapGet("/healthz/ready", async (HttpContext http) =>
        {
            var reasons = gateway() is { } started ? await started.NotReadyReasonsAsync(http.RequestAborted) : ["starting"];
            return reasons.Count == 0
                ? Results.Text("ready\n")
                : Results.Text($"not ready: {string.Join("; ", reasons)}\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        });
    }
}
