using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Testing.Azurite;

/// <summary>
/// A reverse proxy on loopback in front of a blob or table endpoint, in which requests go wrong as told. Path and headers are passed on as
/// they came, so signatures stay good: they do not cover the host.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    // Of one connection and not of the request.
    private static readonly HashSet<string> Hop = new(StringComparer.OrdinalIgnoreCase) { "Host", "Connection", "Keep-Alive", "Transfer-Encoding", "Expect" };

    private readonly WebApplication _app;
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, AutomaticDecompression = DecompressionMethods.None })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly Uri _target;
    private readonly Lock _lock = new();
    private readonly List<ProxyFault> _faults = [];
    private readonly ConcurrentQueue<string> _requests = new();
    private volatile bool _isDown;
    private int _met;

    private FaultProxy(Uri target, WebApplication app) => (_target, _app) = (target, app);

    /// <summary>Use it in place of the target's; the account's path is in it.</summary>
    public Uri Endpoint { get; private set; } = null!;

    /// <summary>Every connection is cut while it is true.</summary>
    public bool IsDown { get => _isDown; set => _isDown = value; }

    /// <summary>What came, as <c>PUT /path?query</c>, also what was not passed on.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>How many requests went wrong until now.</summary>
    public int Met => Volatile.Read(ref _met);

    public static async Task<FaultProxy> StartAsync(Uri target, CancellationToken cancel)
    {
        var builder = LoopbackServer.CreateBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var app = builder.Build();
        var proxy = new FaultProxy(target, app);
        app.Run(proxy.HandleAsync);
        await app.StartAsync(cancel);
        proxy.Endpoint = new(new Uri(app.Urls.First()), target.AbsolutePath);
        return proxy;
    }

    /// <summary>The next requests that match go wrong.</summary>
    /// <param name="kind">How.</param>
    /// <param name="count">How many; <see cref="int.MaxValue"/>: from now on.</param>
    /// <param name="matches">Null: all.</param>
    public ProxyFault Next(FaultKind kind, int count = 1, Func<HttpRequest, bool>? matches = null)
    {
        var fault = new ProxyFault(kind, matches ?? (_ => true)) { Left = count };
        lock (_lock)
        {
            _faults.Add(fault);
        }

        return fault;
    }

    /// <summary>Nothing goes wrong from now on; what is held is let go.</summary>
    public void Clear()
    {
        IsDown = false;
        lock (_lock)
        {
            _faults.ForEach(fault => fault.Release());
            _faults.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Clear();
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        _requests.Enqueue($"{context.Request.Method} {Target(context)}");
        if (IsDown)
        {
            Interlocked.Increment(ref _met);
            context.Abort();
            return;
        }

        var fault = Take(context.Request);
        fault?.Meet();
        Interlocked.Add(ref _met, fault is null ? 0 : 1);
        try
        {
            switch (fault?.Does)
            {
                case FaultKind.Busy:
                    await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted); // an answer to half a request is a cut connection
                    await ProxyFault.AnswerBusyAsync(context);
                    return;
                case FaultKind.Invalid:
                    await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                    await ProxyFault.AnswerInvalidAsync(context);
                    return;
                case FaultKind.CutBefore:
                    context.Abort();
                    return;
                case FaultKind.Hold:
                    await fault.HeldAsync(context.RequestAborted);
                    break;
                default:
                    break;
            }

            await ForwardAsync(context, answers: fault?.Does != FaultKind.CutAfter);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            context.Abort(); // one side went away
        }
    }

    private ProxyFault? Take(HttpRequest request)
    {
        lock (_lock)
        {
            var fault = _faults.Find(fault => fault.IsFor(request));
            if (fault is not null)
            {
                fault.Left--;
            }

            return fault;
        }
    }

    private async Task ForwardAsync(HttpContext context, bool answers)
    {
        using var request = new HttpRequestMessage(new(context.Request.Method), new Uri($"{_target.Scheme}://{_target.Authority}{Target(context)}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (context.Request.ContentLength is not null || context.Request.Headers.TransferEncoding.Count > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        foreach (var (name, values) in context.Request.Headers.Where(header => !Hop.Contains(header.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        if (!answers)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(header => !Hop.Contains(header.Key)))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>Octet for octet: a decoded and encoded path could be another one.</summary>
    private static string Target(HttpContext context) => context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
}
