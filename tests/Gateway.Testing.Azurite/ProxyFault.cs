using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Gateway.Testing.Azurite;

/// <summary>What a <see cref="FaultProxy"/> does with requests instead of passing them on; made by <see cref="FaultProxy.Next"/>.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Matches">Which requests it is for.</param>
public sealed class ProxyFault(FaultKind Kind, Func<HttpRequest, bool> Matches)
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _hits;

    /// <summary>How many requests it has met.</summary>
    public int Hits => Volatile.Read(ref _hits);

    /// <summary>The first request is there.</summary>
    public Task Arrived => _arrived.Task;

    internal int Left { get; set; }

    internal FaultKind Does => Kind;

    /// <summary>Lets go what is held.</summary>
    public void Release() => _released.TrySetResult();

    internal bool IsFor(HttpRequest request) => Left > 0 && Matches(request);

    internal void Meet()
    {
        Interlocked.Increment(ref _hits);
        _arrived.TrySetResult();
    }

    internal Task HeldAsync(CancellationToken cancel) => _released.Task.WaitAsync(cancel);

    internal static Task AnswerBusyAsync(HttpContext context) => AnswerAsync(context, HttpStatusCode.ServiceUnavailable, "ServerBusy", "The server is busy.");

    internal static Task AnswerInvalidAsync(HttpContext context) => AnswerAsync(context, HttpStatusCode.BadRequest, "InvalidInput", "One of the request inputs is not valid.");

    /// <summary>As the service says it: the code in a header and in the body.</summary>
    private static async Task AnswerAsync(HttpContext context, HttpStatusCode status, string code, string message)
    {
        context.Response.StatusCode = (int)status;
        context.Response.Headers["x-ms-error-code"] = code;
        context.Response.Headers["x-ms-request-id"] = context.TraceIdentifier;
        context.Response.ContentType = "application/xml";
        var body = Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>");
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}

/// <summary>What goes wrong.</summary>
public enum FaultKind
{
    /// <summary>503 ServerBusy; the store never sees the request.</summary>
    Busy,

    /// <summary>400 InvalidInput, as if our request were wrong, which no client tries again; the store never sees it.</summary>
    Invalid,

    /// <summary>The connection is cut; the store never sees the request.</summary>
    CutBefore,

    /// <summary>The store carries it out, and the connection is cut before the answer.</summary>
    CutAfter,

    /// <summary>It waits for <see cref="ProxyFault.Release"/>, then goes its way.</summary>
    Hold,
}
