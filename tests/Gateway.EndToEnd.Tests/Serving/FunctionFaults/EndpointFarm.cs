using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using StandardWebhooks;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>Any number of endpoints, one for each first segment of the path, that believe nothing unsigned, remember every delivery and answer as the test says.</summary>
internal sealed class EndpointFarm : IAsyncDisposable
{
    /// <summary>As an answer: the connection is reset.</summary>
    public const int Reset = 0;

    private readonly WebApplication _app;
    private readonly StandardWebhook _verifier = new(EmbeddedGateway.Secret);
    private readonly ConcurrentDictionary<string, FarmDelivery> _deliveries = new(StringComparer.Ordinal);
    private readonly Func<FarmRequest, Task<int>> _answer;
    private int _badSignatures;

    private EndpointFarm(WebApplication app, Func<FarmRequest, Task<int>> answer) => (_app, _answer) = (app, answer);

    /// <summary>Where it listens; an endpoint's name goes behind it and a slash.</summary>
    public string Url { get; private set; } = "";

    /// <summary>By webhook-id.</summary>
    public IReadOnlyDictionary<string, FarmDelivery> Deliveries => _deliveries;

    public int BadSignatures => Volatile.Read(ref _badSignatures);

    /// <param name="answer">The status code of each request, or <see cref="Reset"/>.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<EndpointFarm> StartAsync(Func<FarmRequest, Task<int>> answer, CancellationToken cancel)
    {
        var builder = LoopbackServer.CreateBuilder();
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var farm = new EndpointFarm(app, answer);
        app.UseRouting();
        app.MapPost("/{endpoint}", farm.ReceiveAsync);
        await app.StartAsync(cancel);
        farm.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return farm;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext http)
    {
        if (await SignedWebhook.ReadAsync(http, _verifier) is not { } body)
        {
            Interlocked.Increment(ref _badSignatures);
            return;
        }

        var endpoint = (string)http.Request.RouteValues["endpoint"]!;
        var delivery = _deliveries.GetOrAdd(http.Request.Headers["webhook-id"].ToString(), id => Read(id, endpoint, body));
        var status = await _answer(new(endpoint, delivery.Id, delivery.Arrived(), http));
        delivery.Answered(status);
        if (status == Reset)
        {
            http.Abort();
            return;
        }

        http.Response.StatusCode = status;
    }

    private static FarmDelivery Read(string id, string endpoint, string body)
    {
        using var payload = JsonDocument.Parse(body);
        var data = payload.RootElement.GetProperty("data");
        return new(
            id,
            endpoint,
            data.GetProperty("raw").GetProperty("sha256").GetString()!,
            data.GetProperty("envelope").GetProperty("to").GetString()!);
    }
}

/// <summary>One request that came with a good signature.</summary>
/// <param name="Endpoint">Which one was asked.</param>
/// <param name="DeliveryId">The webhook-id.</param>
/// <param name="Number">1 for the first request of this delivery.</param>
/// <param name="Http">For header fields of the answer.</param>
internal sealed record FarmRequest(string Endpoint, string DeliveryId, int Number, HttpContext Http);

/// <summary>All that was seen of one delivery id.</summary>
internal sealed class FarmDelivery(string id, string endpoint, string sha256, string to)
{
    private int _requests;
    private int _accepted;

    public string Id => id;

    public string Endpoint => endpoint;

    public string Sha256 => sha256;

    public string To => to;

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Requests that were answered 2xx; from two on, the rest are duplicates.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <returns>The number of the request.</returns>
    public int Arrived() => Interlocked.Increment(ref _requests);

    public void Answered(int status) => Interlocked.Add(ref _accepted, status is >= 200 and <= 299 ? 1 : 0);
}
