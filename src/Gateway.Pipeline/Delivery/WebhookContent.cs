using System.Net;
using System.Net.Http.Headers;

namespace Gateway.Pipeline.Delivery;

/// <summary>The body of a webhook, which knows whether it went out whole: that tells a broken request from a broken answer.</summary>
internal sealed class WebhookContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _octets;

    public WebhookContent(ReadOnlyMemory<byte> octets)
    {
        _octets = octets;
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    public bool IsSent { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        IsSent = false; // a connection that turned out to be closed is tried again by the HTTP stack
        await stream.WriteAsync(_octets, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        IsSent = true;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _octets.Length;
        return true;
    }
}
