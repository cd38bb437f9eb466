using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Gateway.Server.Hosting;

/// <summary>Probes: alive is the process, ready is whether mail is taken now.</summary>
internal static class HealthEndpoint
{
    /// <param name="routes">Where they are added.</param>
    /// <param name="reasons">Why mail is not taken now; an empty answer: it is. Null while the gateway starts.</param>
    public static void MapHealth(this IEndpointRouteBuilder routes, Func<Func<CancellationToken, ValueTask<IReadOnlyList<string>>>?> reasons)
    {
        routes.MapGet("/healthz/live", () => Results.Text("live\n"));
        routes.MapGet("/healthz/ready", async (HttpContext http) =>
        {
            var notReady = reasons() is { } ask ? await ask(http.RequestAborted) : ["starting"];
            return notReady.Count == 0
                ? Results.Text("ready\n")
                : Results.Text($"not ready: {string.Join("; ", notReady)}\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        });
    }
}
