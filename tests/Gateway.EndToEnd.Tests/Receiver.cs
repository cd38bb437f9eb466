using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using StandardWebhooks;

namespace Gateway.EndToEnd.Tests;

/// <summary>One webhook that arrived with a signature that two verifiers we did not write found good.</summary>
internal sealed record Arrived(string Id, string? TraceParent, JsonElement Payload)
{
    public JsonElement Data => Payload.GetProperty("data");

    public string To => Data.GetProperty("envelope").GetProperty("to").GetString()!;
}

/// <summary>A real web server that takes webhooks; each test says how it answers.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<Arrived> _arrived = Channel.CreateUnbounded<Arrived>();

    private Receiver(WebApplication app) => _app = app;

    /// <summary>Everything that came in with a good signature, in order.</summary>
    public ConcurrentQueue<Arrived> All { get; } = new();

    /// <summary>What was wrong with what came in otherwise.</summary>
    public ConcurrentQueue<string> Refused { get; } = new();

    public Uri Url { get; private set; } = null!;

    /// <param name="answer">Null: 200 at once.</param>
    /// <param name="fakeClock">The gateway's time is not the real one.</param>
    public static async Task<Receiver> StartAsync(Func<HttpContext, Arrived, Task>? answer = null, bool fakeClock = false)
    {
        var builder = LoopbackServer.CreateBuilder();
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Run(http => receiver.ReceiveAsync(http, answer ?? ((_, _) => Task.CompletedTask), fakeClock));
        await app.StartAsync();
        receiver.Url = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/hook");
        return receiver;
    }

    /// <summary>The next webhook; fails after a minute without one.</summary>
    public async Task<Arrived> NextAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        return await _arrived.Reader.ReadAsync(limit.Token);
    }

    public async Task<IReadOnlyList<Arrived>> TakeAsync(int count)
    {
        var taken = new List<Arrived>();
        while (taken.Count < count)
        {
            taken.Add(await NextAsync());
        }

        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext http, Func<HttpContext, Arrived, Task> answer, bool fakeClock)
    {
        var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var (id, timestamp, signature) = (Header(http, "webhook-id"), Header(http, "webhook-timestamp"), Header(http, "webhook-signature"));
        if (Problem(id, timestamp, signature, body.ToArray(), fakeClock) is { } problem)
        {
            Refused.Enqueue(problem);
            http.Response.StatusCode = 401;
            return;
        }

        var arrived = new Arrived(id, http.Request.Headers.TraceParent, JsonDocument.Parse(body.ToArray()).RootElement);
        All.Enqueue(arrived);
        _arrived.Writer.TryWrite(arrived);
        await answer(http, arrived);
    }

    private static string? Problem(string id, string timestamp, string signature, byte[] body, bool fakeClock)
    {
        // Independent of the library: the HMAC over the octets as they came.
        var key = Convert.FromBase64String(EmbeddedGateway.Secret["whsec_".Length..]);
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{id}.{timestamp}."), .. body];
        var mac = HMACSHA256.HashData(key, signed);
        if (!signature.Split(' ').Contains($"v1,{Convert.ToBase64String(mac)}"))
        {
            return "The independent HMAC differs";
        }

        if (fakeClock)
        {
            return null; // the library looks at the real time
        }

        try
        {
            var headers = new HeaderDictionary { ["webhook-id"] = id, ["webhook-timestamp"] = timestamp, ["webhook-signature"] = signature };
            new StandardWebhook(EmbeddedGateway.Secret).Verify(Encoding.UTF8.GetString(body), headers);
            return null;
        }
        catch (Exception e)
        {
            return $"The StandardWebhooks library refuses: {e.Message}";
        }
    }

    private static string Header(HttpContext http, string name) => http.Request.Headers[name].ToString();
}
