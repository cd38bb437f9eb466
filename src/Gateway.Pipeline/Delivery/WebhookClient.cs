using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Reflection;
using System.Text;

namespace Gateway.Pipeline.Delivery;

/// <summary>Posts webhooks. Everything an endpoint answers is an attacker's: bounded in size and time, followed nowhere, kept only in its beginning.</summary>
public sealed class WebhookClient : IDisposable
{
    /// <summary>Most octets of an answer that are read.</summary>
    public const int MaxAnswerOctets = 1024;

    private const int MaxHeaderKilobytes = 16;
    private const int MaxDrainOctets = 64 * 1024;

    private static readonly string UserAgent =
        $"Gateway/{typeof(WebhookClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0"}";

    private readonly TimeProvider _clock;
    private readonly HttpMessageInvoker _public;
    private readonly HttpMessageInvoker _anywhere;

    public WebhookClient(TimeProvider clock)
        : this(clock, Dns.GetHostAddressesAsync, null)
    {
    }

    /// <param name="clock">For the time-outs.</param>
    /// <param name="resolve">Asks DNS.</param>
    /// <param name="validate">Judges server certificates in the platform's place; null: the platform does.</param>
    internal WebhookClient(
        TimeProvider clock, Func<string, CancellationToken, Task<IPAddress[]>> resolve, RemoteCertificateValidationCallback? validate)
    {
        _clock = clock;

        // One pool each: a connection opened for an endpoint that may be private is never there for one that may not.
        _public = Create(new(allowPrivate: false, clock, resolve), validate);
        _anywhere = Create(new(allowPrivate: true, clock, resolve), validate);
    }

    /// <summary>Sends one request. Whatever goes wrong at or before the endpoint is in the answer.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up; the outcome is unknown.</exception>
    public async Task<WebhookAnswer> SendAsync(WebhookRequest request, CancellationToken cancel)
    {
        var started = _clock.GetTimestamp();
        using var deadline = new CancellationTokenSource(request.Timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        using var content = new WebhookContent(request.Octets);
        using var message = Message(request, content);
        try
        {
            using var response = await (request.AllowPrivate ? _anywhere : _public).SendAsync(message, either.Token);
            var succeeded = response.IsSuccessStatusCode;
            return new()
            {
                Status = (int)response.StatusCode,
                RetryAfter = succeeded ? null : RetryAfter(response.Headers),
                Text = succeeded ? null : await BeginningAsync(response.Content, either.Token),
                Elapsed = _clock.GetElapsedTime(started),
            };
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && e is HttpRequestException or IOException or OperationCanceledException)
        {
            var failure = deadline.IsCancellationRequested ? DeliveryFailure.Timeout : FailureOf(e, content.IsSent);
            return WebhookAnswer.Failed(failure, _clock.GetElapsedTime(started));
        }
    }

    public void Dispose()
    {
        _public.Dispose();
        _anywhere.Dispose();
    }

    private static HttpMessageInvoker Create(GuardedConnection connection, RemoteCertificateValidationCallback? validate) => new(new SocketsHttpHandler
    {
        ConnectCallback = (context, cancel) => connection.ConnectAsync(context.DnsEndPoint, cancel),
        SslOptions = new() { RemoteCertificateValidationCallback = validate },
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        Credentials = null,
        PreAuthenticate = false,
        MaxResponseHeadersLength = MaxHeaderKilobytes,
        MaxResponseDrainSize = MaxDrainOctets,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),

        // A name that moves is looked up again before long.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),

        // We write traceparent ourselves; tracestate and baggage are not the endpoint's business.
        ActivityHeadersPropagator = null,
    });

    private static HttpRequestMessage Message(WebhookRequest request, WebhookContent content)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, request.Url)
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.TryAddWithoutValidation("user-agent", UserAgent);
        message.Headers.TryAddWithoutValidation(WebhookSignature.IdHeader, request.Id);
        message.Headers.TryAddWithoutValidation(WebhookSignature.TimestampHeader, request.Timestamp);
        message.Headers.TryAddWithoutValidation(WebhookSignature.SignatureHeader, request.Signature);
        if (request.TraceParent is { } traceParent)
        {
            message.Headers.TryAddWithoutValidation("traceparent", traceParent);
        }

        return message;
    }

    private TimeSpan? RetryAfter(HttpResponseHeaders headers)
    {
        var wait = headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - _clock.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return wait is { } time && time < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    /// <summary>The status is known, so whatever happens to the rest of the answer changes nothing.</summary>
    internal static async Task<string?> BeginningAsync(HttpContent content, CancellationToken cancel)
    {
        var buffer = new byte[MaxAnswerOctets];
        var length = 0;
        try
        {
            await using var stream = await content.ReadAsStreamAsync(cancel);
            while (length < buffer.Length && await stream.ReadAsync(buffer.AsMemory(length), cancel) is var read and > 0)
            {
                length += read;
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
        }

        return length == 0 ? null : Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static DeliveryFailure FailureOf(Exception error, bool isSent)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is ConnectionFault fault)
            {
                return fault.Failure;
            }
        }

        return (error as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => DeliveryFailure.Resolve,
            HttpRequestError.ConnectionError => DeliveryFailure.Connect,
            HttpRequestError.SecureConnectionError => DeliveryFailure.Tls,
            _ => isSent ? DeliveryFailure.Response : DeliveryFailure.Send,
        };
    }
}
