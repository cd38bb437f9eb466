using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;

namespace Gateway.Tests;

/// <summary>The network behind a real SecretClient: a key vault that knows its secrets, and asks for a token first as a vault does.</summary>
internal sealed class VaultStandIn : HttpMessageHandler
{
    private readonly ConcurrentDictionary<string, Secret> _secrets = new(StringComparer.Ordinal);
    private int _asked;

    public VaultStandIn() => Client = new(new("https://unit.vault.azure.net/"), new Token(), new()
    {
        Transport = new HttpClientTransport(new HttpClient(this)),
        Retry = { MaxRetries = 1, Delay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero },
    });

    public SecretClient Client { get; }

    /// <summary>What the vault answers in place of secrets; null: secrets.</summary>
    public Func<HttpResponseMessage>? Fault { get; set; }

    /// <summary>Requests with a token.</summary>
    public int Asked => _asked;

    public void Put(string name, string value, string? contentType = null) =>
        _secrets.AddOrUpdate(name, _ => new(value, contentType, 1), (_, old) => new(value, contentType, old.Version + 1));

    public static HttpResponseMessage Answer(HttpStatusCode status, string code) => new(status)
    {
        Content = new StringContent($$$"""{"error":{"code":"{{{code}}}","message":"hunter2 stands in this text"}}""", Encoding.UTF8, "application/json"),
    };

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Headers.Authorization is null)
        {
            var challenge = new HttpResponseMessage(HttpStatusCode.Unauthorized);
            challenge.Headers.WwwAuthenticate.Add(new AuthenticationHeaderValue("Bearer", "authorization=\"https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111\", resource=\"https://vault.azure.net\""));
            return Task.FromResult(challenge);
        }

        Interlocked.Increment(ref _asked);
        return Task.FromResult(Fault?.Invoke() ?? Answer(request.RequestUri!.Segments[2].TrimEnd('/')));
    }

    private HttpResponseMessage Answer(string name) => !_secrets.TryGetValue(name, out var secret)
        ? Answer(HttpStatusCode.NotFound, "SecretNotFound")
        : new(HttpStatusCode.OK)
        {
            Content = new StringContent(
                JsonSerializer.Serialize(new { value = secret.Value, contentType = secret.ContentType, id = $"https://unit.vault.azure.net/secrets/{name}/{secret.Version:x32}", attributes = new { enabled = true } }),
                Encoding.UTF8,
                "application/json"),
        };

    private sealed record Secret(string Value, string? ContentType, int Version);

    private sealed class Token : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => new("token", DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
