using System.Net;

namespace Gateway.Smtp.Tests;

public sealed class ListenerTests
{
    private static readonly SmtpListener[] All =
    [
        new(ListenerKind.Mx, new(IPAddress.Loopback, 0)),
        new(ListenerKind.Mx, new(IPAddress.IPv6Loopback, 0)),
        new(ListenerKind.Submission, new(IPAddress.Loopback, 0)),
        new(ListenerKind.Submissions, new(IPAddress.Loopback, 0)),
    ];

    [Fact]
    public async Task All_listeners_answer_at_once_and_stop_together()
    {
        await using var server = await TestServer.StartAsync(listeners: All);
        Assert.Equal(All.Select(listener => listener.Kind), server.Server.Listeners.Select(listener => listener.Kind));
        foreach (var listener in server.Server.Listeners)
        {
            await using var client = await TestClient.ConnectAsync(listener.Endpoint);
            if (listener.Kind == ListenerKind.Submissions)
            {
                Assert.True(await client.HandshakeAsync());
            }

            await client.GreetAsync();
        }

        await server.Server.DrainAsync(TimeSpan.FromSeconds(30));
        foreach (var listener in server.Server.Listeners)
        {
            await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => TestClient.ConnectAsync(listener.Endpoint));
        }
    }

    [Fact]
    public async Task Connections_of_all_listeners_are_counted_together()
    {
        await using var server = await TestServer.StartAsync(options => options.MaxConnections = 2, listeners: All);
        await using var one = await TestClient.ConnectAsync(server.Server.Listeners[0].Endpoint);
        await one.GreetAsync();
        await using var two = await TestClient.ConnectAsync(server.Server.Listeners[1].Endpoint);
        await two.GreetAsync();
        await using var three = await TestClient.ConnectAsync(server.Server.Listeners[2].Endpoint);
        Assert.StartsWith("421 4.3.2 ", await three.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await three.ReadLineAsync());
    }

    [Fact]
    public async Task A_user_has_to_say_STARTTLS_then_who_it_is()
    {
        await using var server = await TestServer.StartAsync(listeners: [new(ListenerKind.Submission, new(IPAddress.Loopback, 0))]);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        foreach (var command in (string[])["MAIL FROM:<>", "RCPT TO:<user@example.net>", "DATA", "RSET", "VRFY user", "HELP"])
        {
            Assert.StartsWith("530 5.7.0 ", await client.AskAsync(command), StringComparison.Ordinal);
        }

        Assert.StartsWith("250 ", await client.AskAsync("NOOP"), StringComparison.Ordinal);
        Assert.StartsWith("220 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
        Assert.True(await client.HandshakeAsync());
        Assert.DoesNotContain("STARTTLS", await client.AskAsync("EHLO client.example"), StringComparison.Ordinal);
        Assert.Equal("530 5.7.0 Authentication required", await client.AskAsync("MAIL FROM:<>"));
        Assert.StartsWith("503 ", await client.AskAsync("RCPT TO:<user@example.net>"), StringComparison.Ordinal);
        Assert.StartsWith("221 ", await client.AskAsync("QUIT"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submissions_begin_with_the_handshake_and_need_no_STARTTLS()
    {
        await using var server = await TestServer.StartAsync(listeners: [new(ListenerKind.Submissions, new(IPAddress.Loopback, 0))]);
        await using var client = await server.ConnectAsync();
        Assert.True(await client.HandshakeAsync());
        Assert.StartsWith("220 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("STARTTLS", await client.AskAsync("EHLO client.example"), StringComparison.Ordinal);
        Assert.StartsWith("503 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
        Assert.StartsWith("530 5.7.0 ", await client.AskAsync("MAIL FROM:<>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submissions_say_nothing_in_plain_text()
    {
        await using var server = await TestServer.StartAsync(listeners: [new(ListenerKind.Submissions, new(IPAddress.Loopback, 0))]);
        await using var client = await server.ConnectAsync();
        await client.SendLineAsync("EHLO client.example");
        Assert.DoesNotContain("220 ", await client.ReadLineAsync(), StringComparison.Ordinal); // a TLS alert, or the end
    }

    [Fact]
    public async Task Submissions_without_a_certificate_are_closed_at_once()
    {
        await using var server = await TestServer.StartAsync(listeners: [new(ListenerKind.Submissions, new(IPAddress.Loopback, 0))], withCertificate: false);
        await using var client = await server.ConnectAsync();
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
    }
}
