using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Benchmarks;

/// <summary>A web server that says 200 at once to whatever it is sent, and counts the webhooks: one that comes twice is one.</summary>
internal sealed class CountingEndpoint : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);
    private int _webhooks;

    private CountingEndpoint(WebApplication app) => _app = app;

    public long Webhooks => Volatile.Read(ref _webhooks);

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<CountingEndpoint> StartAsync(CancellationToken cancel)
    {
        var builder = LoopbackServer.CreateBuilder();
        var app = builder.Build();
        var endpoint = new CountingEndpoint(app);
        app.Run(endpoint.TakeAsync);
        await app.StartAsync(cancel);
        return endpoint;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
        if (_seen.TryAdd(http.Request.Headers["webhook-id"].ToString(), true))
        {
            Interlocked.Increment(ref _webhooks);
        }
    }
}
