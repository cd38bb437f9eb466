using Azure.Core.Pipeline;

namespace Gateway.Azure.Tests;

/// <summary>What lies between an SDK and its service: a test may look at requests, change answers and lose them.</summary>
/// <param name="pass">Gets the request and what sends it on.</param>
/// <param name="beyond">The network itself; null: the plain one.</param>
internal sealed class Network(Func<HttpRequestMessage, Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> pass, HttpMessageHandler? beyond = null)
    : DelegatingHandler(beyond ?? new SocketsHttpHandler { AllowAutoRedirect = false })
{
    public HttpPipelineTransport Transport() => new HttpClientTransport(new HttpClient(this));

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        pass(request, () => base.SendAsync(request, cancellationToken));
}
