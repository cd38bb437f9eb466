using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Pipeline.Delivery;

namespace Gateway.Server.Tests;

/// <summary>Webhooks to post at a receiver, and a port where nobody is.</summary>
internal static class Hooks
{
    public static async Task<HttpStatusCode> PostAsync(Uri receiver, string body, string secret, string id = "msg_1", DateTimeOffset? at = null)
    {
        var octets = Encoding.UTF8.GetBytes(body);
        var timestamp = at ?? TimeProvider.System.GetUtcNow();
        var signature = WebhookSignature.Sign(id, timestamp, octets, [WebhookSecret.Parse(secret)]);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, receiver) { Content = new ByteArrayContent(octets) };
        request.Headers.Add(WebhookSignature.IdHeader, id);
        request.Headers.Add(WebhookSignature.TimestampHeader, WebhookSignature.Seconds(timestamp));
        request.Headers.Add(WebhookSignature.SignatureHeader, signature);
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    /// <summary>As an endpoint.</summary>
    public static string Url(this Socket deaf) => $"http://{deaf.LocalEndPoint}/";

    /// <summary>Bound and not listening: a connection is refused, and nobody else gets the port.</summary>
    public static Socket Deaf()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}
