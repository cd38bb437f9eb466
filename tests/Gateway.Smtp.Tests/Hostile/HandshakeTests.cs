using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>Handshakes that are begun and not gone on with, and other protocols where SMTP is spoken.</summary>
public sealed class HandshakeTests
{
    private static readonly SmtpListener[] Listeners =
    [
        new(ListenerKind.Mx, new(IPAddress.Loopback, 0)),
        new(ListenerKind.Submission, new(IPAddress.Loopback, 0)),
        new(ListenerKind.Submissions, new(IPAddress.Loopback, 0)),
    ];

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    /// <summary>With a hello that is not whole, or with none.</summary>
    [Theory]
    [InlineData(ListenerKind.Mx, "")]
    [InlineData(ListenerKind.Mx, "\u0016\u0003\u0001")]
    [InlineData(ListenerKind.Submission, "\u0016\u0003\u0001\u0002\u0000\u0001")]
    [InlineData(ListenerKind.Submissions, "")]
    [InlineData(ListenerKind.Submissions, "\u0016\u0003\u0001\u0002\u0000\u0001")]
    public async Task Half_open_ones_keep_nobody_else_out_and_end_after_thirty_seconds(ListenerKind kind, string hello)
    {
        const int Most = 50;
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(limits: Settings.Strict, clock: _clock, metrics: instruments.Metrics, listeners: Listeners);
        var endpoint = server.Server.Listeners.Single(listener => listener.Kind == kind).Endpoint;
        using var crowd = new Crowd();
        for (var i = 0; i < Most; i++)
        {
            var socket = await crowd.ConnectAsync(endpoint, IPAddress.Parse("127.0.0.2"));
            if (kind != ListenerKind.Submissions)
            {
                Assert.StartsWith("220 ", await Crowd.ReadAsync(socket), StringComparison.Ordinal);
                await socket.SendAsync("EHLO client.example\r\nSTARTTLS\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
                Assert.EndsWith("220 2.0.0 Ready to start TLS\r\n", await Crowd.ReadAsync(socket), StringComparison.Ordinal);
            }

            await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(hello), TestContext.Current.CancellationToken);
        }

        using var more = new Crowd();
        Assert.Equal("421 4.7.0", await more.JoinAsync(endpoint, IPAddress.Parse("127.0.0.2")));
        await using (var client = await TestClient.ConnectAsync(endpoint, IPAddress.Parse("127.0.0.3")))
        {
            Assert.True(kind != ListenerKind.Submissions || await client.HandshakeAsync());
            await client.GreetAsync();
            Assert.True(kind == ListenerKind.Submissions || (await client.AskAsync("STARTTLS")).StartsWith("220 ", StringComparison.Ordinal));
            Assert.True(kind == ListenerKind.Submissions || await client.HandshakeAsync());
            Assert.StartsWith("250-", await client.AskAsync("EHLO client.example"), StringComparison.Ordinal);
            Assert.StartsWith("221 ", await client.AskAsync("QUIT"), StringComparison.Ordinal);
        }

        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(Most, crowd.Sockets.Count(socket => socket.Available == 0 && !socket.Poll(0, System.Net.Sockets.SelectMode.SelectRead)));
        await _clock.PassUntilAsync(() => instruments.Sessions == 0);
        foreach (var socket in crowd.Sockets)
        {
            Assert.DoesNotContain("220", await Crowd.ReadToEndAsync(socket), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("http", "GET / HTTP/1.1\r\nHost: mx.example.net\r\n\r\n")]
    [InlineData("http", "POST / HTTP/1.1\r\nContent-Length: 60\r\n\r\nEHLO client.example\r\nMAIL FROM:<a@client.example>\r\n")]
    [InlineData("tls", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003")]
    [InlineData("ssh", "SSH-2.0-OpenSSH_9.6\r\n")]
    public async Task Other_protocols_are_cut_wherever_plain_text_is_spoken(string protocol, string words)
    {
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(limits: Settings.Strict, clock: _clock, metrics: instruments.Metrics, listeners: Listeners);
        using var crowd = new Crowd();
        foreach (var listener in server.Server.Listeners.Where(listener => listener.Kind != ListenerKind.Submissions))
        {
            var socket = await crowd.ConnectAsync(listener.Endpoint, words: words);
            var all = await Crowd.ReadToEndAsync(socket);
            Assert.Equal(2, all.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
            Assert.Contains("\r\n521 5.5.1 ", all, StringComparison.Ordinal);
        }

        Assert.Equal(2, instruments.Sum("cut", protocol));
    }

    /// <summary>No mail, no greeting, and no wait for the thirty seconds.</summary>
    [Theory]
    [InlineData("EHLO client.example\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: mx.example.net\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n")]
    public async Task Plain_text_where_TLS_comes_first_is_cut_at_once(string words)
    {
        await using var server = await TestServer.StartAsync(limits: Settings.Strict, clock: _clock, listeners: [Listeners[^1]]);
        using var crowd = new Crowd();
        var all = await Crowd.ReadToEndAsync(await crowd.ConnectAsync(server.Endpoint, words: words));
        Assert.DoesNotContain("220", all, StringComparison.Ordinal);
    }
}
