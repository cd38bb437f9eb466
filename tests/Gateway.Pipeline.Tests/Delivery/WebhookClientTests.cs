using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Pipeline.Delivery;
using Gateway.Pipeline.Tests.StandIns;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Pipeline.Tests.Delivery;

public sealed class WebhookClientTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(Samples.Now);
    private readonly WebhookClient _client;

    public WebhookClientTests() => _client = new(_clock);

    public void Dispose() => _client.Dispose();

    public static TheoryData<string, DeliveryFailure> BrokenAnswers => new()
    {
        { "", DeliveryFailure.Response },
        { "HTTP/1.1 200 OK\r\nX: ", DeliveryFailure.Response },
        { "SSH-2.0-OpenSSH_9.6\r\n", DeliveryFailure.Response },
        { "HTTP/1.1 two OK\r\n\r\n", DeliveryFailure.Response },
        { $"HTTP/1.1 200 {new string('x', 100_000)}\r\n\r\n", DeliveryFailure.Response },
        { $"HTTP/1.1 200 OK\r\nX: {new string('x', 100_000)}\r\n\r\n", DeliveryFailure.Response },
    };

    [Theory, MemberData(nameof(BrokenAnswers))]
    public async Task Answer_that_is_cut_off_or_no_http_is_a_failure(string answer, DeliveryFailure expected)
    {
        await using var receiver = RawReceiver.Writing(answer);
        Assert.Equal(expected, (await PostAsync(receiver.Url)).Failure);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad\r\nContent-Length: 100\r\n\r\nonly this", 400, "only this")]
    [InlineData("HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nnot a chunk", 503, "hello")]
    [InlineData("HTTP/1.0 404 No\r\n\r\nuntil closed", 404, "until closed")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 Yes\r\n\r\n", 204, null)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut", 200, null)]
    [InlineData("HTTP/1.1 400 Bad\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nplain", 400, "plai")]
    public async Task Status_counts_whatever_becomes_of_the_rest(string answer, int status, string? text)
    {
        await using var receiver = RawReceiver.Writing(answer);
        var result = await PostAsync(receiver.Url);
        Assert.Equal((status, text, null), (result.Status, result.Text, result.Failure));
    }

    [Fact]
    public async Task Endless_header_fields_are_given_up()
    {
        await using var receiver = new RawReceiver(async (stream, cancel) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray(), cancel);
            while (true)
            {
                await stream.WriteAsync("X-Endless: yes\r\n"u8.ToArray(), cancel);
            }
        });
        Assert.Equal(DeliveryFailure.Response, (await PostAsync(receiver.Url)).Failure);
    }

    [Fact]
    public async Task Endless_answer_is_read_in_its_beginning_only()
    {
        await using var receiver = new RawReceiver(async (stream, cancel) =>
        {
            await stream.WriteAsync("HTTP/1.1 500 No\r\n\r\n"u8.ToArray(), cancel);
            while (true)
            {
                await stream.WriteAsync(new byte[8192], cancel);
            }
        });
        var answer = await PostAsync(receiver.Url);
        Assert.Equal((500, WebhookClient.MaxAnswerOctets), (answer.Status, answer.Text!.Length));
    }

    [Fact]
    public async Task Answer_that_trickles_is_kept_as_far_as_it_came_when_the_time_is_up()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("part"u8.ToArray(), TestContext.Current.CancellationToken);
        using var content = new StreamContent(pipe.Reader.AsStream());
        using var deadline = new CancellationTokenSource();

        var reading = WebhookClient.BeginningAsync(content, deadline.Token);
        Assert.False(reading.IsCompleted);
        await deadline.CancelAsync();

        Assert.Equal("part", await reading);
    }

    [Fact]
    public async Task Redirect_is_never_followed_and_cookies_are_not_kept()
    {
        await using var other = await Receiver.AnsweringAsync(200);
        await using var receiver = await Receiver.AnsweringAsync(307, ("location", other.Url.ToString()), ("set-cookie", "a=b"));

        Assert.Equal(307, (await PostAsync(receiver.Url)).Status);
        Assert.Equal(307, (await PostAsync(receiver.Url)).Status);

        Assert.Empty(other.Requests);
        Assert.All(receiver.Requests, request => Assert.DoesNotContain("cookie", request.Headers.Keys, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Nobody_listening_is_no_connection()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        Assert.Equal(DeliveryFailure.Connect, (await PostAsync(new($"http://127.0.0.1:{port}/"))).Failure);
    }

    [Fact]
    public async Task Connection_that_breaks_before_the_body_is_sent_is_a_failure_to_send()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var closing = CloseFirstAsync(listener);

        // Much more than the socket buffers take, so the break comes while it is written.
        var answer = await PostAsync(new($"http://127.0.0.1:{port}/"), octets: new byte[64 * 1024 * 1024]);

        await closing;
        Assert.Equal(DeliveryFailure.Send, answer.Failure);
    }

    [Fact]
    public async Task Certificate_that_nobody_vouches_for_is_refused()
    {
        using var certificate = SelfSigned("localhost");
        await using var receiver = await Receiver.StartAsync(_ => Task.CompletedTask, options => options.UseHttps(certificate));

        Assert.Equal(DeliveryFailure.Tls, (await PostAsync(new($"https://localhost:{receiver.Url.Port}/"))).Failure);

        Assert.Empty(receiver.Requests);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(HttpProtocols.Http2, "HTTP/2")]
    public async Task Tls_endpoint_is_spoken_to_in_either_version(HttpProtocols protocols, string expected)
    {
        using var certificate = SelfSigned("localhost");
        var thumbprint = certificate.Thumbprint;
        var protocol = "";
        await using var receiver = await Receiver.StartAsync(
            context =>
            {
                protocol = context.Request.Protocol;
                return Task.CompletedTask;
            },
            options =>
            {
                options.Protocols = protocols;
                options.UseHttps(certificate);
            });
        using var client = new WebhookClient(_clock, Dns.GetHostAddressesAsync, (_, shown, _, _) => shown is X509Certificate2 leaf && leaf.Thumbprint == thumbprint);

        Assert.Equal(200, (await PostAsync(new($"https://localhost:{receiver.Url.Port}/"), client: client)).Status);
        Assert.Equal(expected, protocol);
    }

    [Fact]
    public async Task Endpoint_that_speaks_no_tls_is_a_tls_failure()
    {
        await using var receiver = await Receiver.AnsweringAsync(200);
        Assert.Equal(DeliveryFailure.Tls, (await PostAsync(new($"https://127.0.0.1:{receiver.Url.Port}/"))).Failure);
    }

    private static async Task CloseFirstAsync(TcpListener listener)
    {
        using var socket = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await socket.ReceiveAsync(new byte[100], TestContext.Current.CancellationToken);
        socket.Close(0); // a reset, not an end
        listener.Stop();
    }

    private Task<WebhookAnswer> PostAsync(Uri url, WebhookClient? client = null, byte[]? octets = null) => (client ?? _client).SendAsync(
        new()
        {
            Url = url,
            AllowPrivate = true,
            Timeout = TimeSpan.FromSeconds(15),
            Id = "dlv_1",
            Timestamp = "1",
            Signature = "v1,x",
            Octets = octets ?? Encoding.UTF8.GetBytes("{}"),
        },
        TestContext.Current.CancellationToken);

    private static X509Certificate2 SelfSigned(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
