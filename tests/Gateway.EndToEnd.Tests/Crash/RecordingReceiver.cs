using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using StandardWebhooks;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>An endpoint that believes nothing unsigned, remembers every delivery, and fails the first request of one delivery in ten.</summary>
internal sealed class RecordingReceiver : IAsyncDisposable
{
    private const int FailingTenths = 1;

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Delivery> _deliveries = new(StringComparer.Ordinal);
    private StandardWebhook? _verifier;
    private int _badSignatures;

    private RecordingReceiver(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public string Url { get; private set; } = "";

    /// <summary>By webhook-id.</summary>
    public IReadOnlyDictionary<string, Delivery> Deliveries => _deliveries;

    public int BadSignatures => Volatile.Read(ref _badSignatures);

    public static async Task<RecordingReceiver> StartAsync(CancellationToken cancel)
    {
        var builder = LoopbackServer.CreateBuilder();
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var receiver = new RecordingReceiver(app);
        app.UseRouting();
        app.MapPost("/{endpoint}", receiver.ReceiveAsync);
        await app.StartAsync(cancel);
        receiver.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return receiver;
    }

    /// <summary>From now on signatures are looked at, by a library that is not ours.</summary>
    public void Trust(string secret) => _verifier = new(secret);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext http)
    {
        if (await SignedWebhook.ReadAsync(http, _verifier!) is not { } body)
        {
            Interlocked.Increment(ref _badSignatures);
            return;
        }

        using var payload = JsonDocument.Parse(body);
        var data = payload.RootElement.GetProperty("data");
        var raw = data.GetProperty("raw");
        var delivery = _deliveries.GetOrAdd(
            http.Request.Headers["webhook-id"].ToString(),
            id => new(id, data.GetProperty("id").GetString()!, raw.GetProperty("sha256").GetString()!, data.GetProperty("envelope").GetProperty("to").GetString()!));
        var accepted = delivery.Count(new(raw.GetProperty("url").GetString()!), fails: Fails(delivery.Id));
        http.Response.StatusCode = accepted ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
    }

    private static bool Fails(string id) => SHA256.HashData(Encoding.UTF8.GetBytes(id))[0] % 10 < FailingTenths;

    /// <summary>All that was seen of one delivery id.</summary>
    internal sealed class Delivery(string id, string messageId, string sha256, string to)
    {
        private readonly Lock _gate = new();

        public string Id => id;

        public string MessageId => messageId;

        public string Sha256 => sha256;

        public string To => to;

        public int Requests { get; private set; }

        /// <summary>Requests that were answered 200; from two on, the rest are duplicates.</summary>
        public int Accepted { get; private set; }

        /// <summary>The newest link to the raw message. The port in it is of the process that made it, which may be dead.</summary>
        public Uri? RawUrl { get; private set; }

        /// <returns>True: answer 200.</returns>
        public bool Count(Uri rawUrl, bool fails)
        {
            lock (_gate)
            {
                Requests++;
                RawUrl = rawUrl;
                var accepted = !fails || Requests > 1;
                Accepted += accepted ? 1 : 0;
                return accepted;
            }
        }
    }
}
