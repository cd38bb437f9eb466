using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Gateway.Pipeline.Delivery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using StandardWebhooks;

namespace Gateway.Containers.Tests;

/// <summary>The application behind the webhooks: takes what is signed, by a verifier that is not ours, and remembers it.</summary>
internal sealed class Inbox : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Webhook> _taken = new();
    private readonly StandardWebhook _verifier;
    private int _badSignatures;

    private Inbox(WebApplication app) => (_app, _verifier) = (app, new(Secret));

    public string Secret { get; } = WebhookSecret.New();

    public int Port { get; private set; }

    public IReadOnlyCollection<Webhook> Taken => _taken;

    public int BadSignatures => Volatile.Read(ref _badSignatures);

    /// <param name="address">Where containers reach it.</param>
    public static async Task<Inbox> StartAsync(IPAddress address)
    {
        var builder = LoopbackServer.CreateBuilder();
        if (!IPAddress.IsLoopback(address))
        {
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address, 0));
        }

        var app = builder.Build();
        var inbox = new Inbox(app);
        app.Run(inbox.TakeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        inbox.Port = new Uri(app.Urls.Last()).Port;
        return inbox;
    }

    /// <summary>Waits for a webhook that is as wanted; fails after two minutes.</summary>
    public async Task<Webhook> WaitForAsync(Func<Webhook, bool> isWanted)
    {
        Webhook? found = null;
        await UntilAsync(() => (found = _taken.FirstOrDefault(isWanted)) is not null);
        return found!;
    }

    /// <summary>Looks again and again; fails after two minutes.</summary>
    /// <param name="isDone">What is looked at.</param>
    /// <param name="undone">What to say then; null: nothing more.</param>
    public static async Task UntilAsync(Func<bool> isDone, Func<string>? undone = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            while (!isDone())
            {
                await Task.Delay(50, limit.Token); // what is looked at changes in another process
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            Assert.Fail($"Not within {Patience.TotalMinutes} minutes: {undone?.Invoke()}");
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        if (await SignedWebhook.ReadAsync(http, _verifier) is not { } body)
        {
            Interlocked.Increment(ref _badSignatures);
            return;
        }

        using var payload = JsonDocument.Parse(body);
        var data = payload.RootElement.GetProperty("data");
        var (raw, client) = (data.GetProperty("raw"), data.GetProperty("client"));
        _taken.Enqueue(new(
            http.Request.Headers["webhook-id"].ToString(),
            raw.GetProperty("sha256").GetString()!,
            data.GetProperty("envelope").GetProperty("to").GetString()!,
            new(raw.GetProperty("url").GetString()!),
            client.GetProperty("ip").GetString(),
            client.GetProperty("source").GetString()!));
    }
}

/// <summary>What a test wants to know of one.</summary>
internal sealed record Webhook(string Id, string Sha256, string To, Uri RawUrl, string? ClientIp, string ClientSource);
