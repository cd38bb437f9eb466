using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests;

public sealed class SmtpServerTests
{
    [Fact]
    public async Task A_port_that_is_taken_is_an_error_at_the_start()
    {
        await using var first = await TestServer.StartAsync();
        var error = await Assert.ThrowsAsync<ListenException>(() => TestServer.StartAsync(listeners:
        [
            new(ListenerKind.Submission, new(IPAddress.Loopback, 0)),
            new(ListenerKind.Mx, first.Endpoint),
        ]));
        Assert.Equal(new(ListenerKind.Mx, first.Endpoint), error.Listener);
        Assert.Contains(first.Endpoint.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_options_stop_the_start_and_every_fault_is_named()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => TestServer.StartAsync(options =>
            (options.Hostname, options.MaxRecipients, options.CommandTimeout, options.BareLineEndings) = ("localhost", 1000, TimeSpan.Zero, (BareLineEndings)2)));
        Assert.All((string[])["Hostname", "MaxRecipients", "CommandTimeout", "BareLineEndings"], name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_connection_too_many_is_turned_away_and_a_place_that_falls_free_is_given()
    {
        await using var server = await TestServer.StartAsync(options => options.MaxConnections = 1);
        await using (var first = await server.ConnectAsync())
        {
            await first.GreetAsync();
            await using var second = await server.ConnectAsync();
            Assert.StartsWith("421 4.3.2 ", await second.ReadReplyAsync(), StringComparison.Ordinal);
            Assert.Equal(TestClient.Close, await second.ReadLineAsync());
            Assert.StartsWith("221 ", await first.AskAsync("QUIT"), StringComparison.Ordinal);
            Assert.Equal(TestClient.Close, await first.ReadLineAsync());
        }

        string reply;
        do
        {
            await using var next = await server.ConnectAsync(); // the place is free a moment after the client saw the end
            reply = await next.ReadReplyAsync();
        }
        while (reply.StartsWith("421 ", StringComparison.Ordinal));

        Assert.StartsWith("220 ", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_text_after_starttls_is_no_command_whenever_it_comes()
    {
        // In one segment it is thrown away (see the dialogue); a moment later it is a broken handshake. Never is it carried out.
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        Assert.StartsWith("220 2.0.0 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
        await client.SendLineAsync("EHLO injected.example");
        await client.SendLineAsync("NOOP");
        Assert.False(await client.HandshakeAsync());
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, "TLSv1.2")]
    [InlineData(SslProtocols.Tls13, "TLSv1.3")]
    public async Task Tls_of_both_versions_is_taken_and_told(SslProtocols protocol, string version)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.AskAsync("STARTTLS");
        Assert.True(await client.HandshakeAsync(protocol));
        await client.AskAsync("EHLO client.example");
        await client.AskAsync("MAIL FROM:<>");
        await client.AskAsync("RCPT TO:<user@example.net>");
        await client.AskAsync("DATA");
        await client.AskAsync("x\r\n.");
        Assert.Equal(version, Assert.Single(server.Intake.Committed).Event.Tls?.Version);
    }

    [Fact]
    public async Task A_message_over_tls_survives_any_cuts()
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.AskAsync("STARTTLS");
        Assert.True(await client.HandshakeAsync());
        await client.AskAsync("EHLO client.example");
        var message = Transcript.Octets(Transcript.Expand(@"{..stuffed\r\n*20000}", 1));
        await client.SendAsync("MAIL FROM:<>\r\nRCPT TO:<user@example.net>\r\nDATA\r\n"u8.ToArray(), 7);
        await client.SendAsync(message, 9973);
        await client.SendAsync(".\r\nQUIT\r\n"u8.ToArray(), 2);
        foreach (var code in (string[])["250", "250", "354", "250", "221", TestClient.Close])
        {
            Assert.StartsWith(code, await client.ReadReplyAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(Transcript.Octets(Transcript.Expand(@"{.stuffed\r\n*20000}", 1)), Assert.Single(server.Intake.Committed).Raw);
    }

    [Fact]
    public async Task Replies_of_a_pipelined_group_come_in_one_segment()
    {
        await using var server = await TestServer.StartAsync();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var cancel = TestContext.Current.CancellationToken;
        await socket.ConnectAsync(server.Endpoint, cancel);
        var buffer = new byte[4096];
        await socket.ReceiveAsync(buffer, cancel);
        await socket.SendAsync("HELO client.example\r\nMAIL FROM:<>\r\nRCPT TO:<user@example.net>\r\nNOOP\r\n"u8.ToArray(), cancel);
        var replies = buffer.AsSpan(0, await socket.ReceiveAsync(buffer, cancel));
        Assert.Equal(4, replies.Count((byte)'\n'));
    }

    [Fact]
    public async Task Errors_to_accept_do_not_end_the_accept_loop()
    {
        var clock = new FakeTimeProvider();
        var logs = new CapturedLogs();
        var answers = new Queue<Exception>(
        [
            new SocketException((int)SocketError.TooManyOpenSockets),
            new SocketException((int)SocketError.ConnectionReset),
            new InvalidOperationException("our own mistake"),
        ]);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var stop = new CancellationTokenSource();
        var opened = new TaskCompletionSource<Socket>();
        var listener = new AcceptLoop(
            async cancel =>
            {
                if (answers.TryDequeue(out var error))
                {
                    throw error;
                }

                if (opened.Task.IsCompleted)
                {
                    await Task.Delay(Timeout.Infinite, cancel);
                }

                return socket;
            },
            opened.SetResult,
            clock,
            logs);
        var running = listener.RunAsync(stop.Token);
        Assert.Same(socket, await clock.PassUntilAsync(opened.Task));
        Assert.Equal(3, logs.Entries.Count);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Metrics_count_connections_replies_and_octets()
    {
        using var meters = new TestServer.Meters();
        var seen = new ConcurrentQueue<(string Name, double Value, string Tags)>();
        using var listener = new MeterListener();
        var metrics = new SmtpMetrics(meters);
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter, meters.Last))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.Enqueue((instrument.Name, value, Text(tags))));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen.Enqueue((instrument.Name, value, Text(tags))));
        listener.Start();
        await using var server = await TestServer.StartAsync(metrics: metrics);
        await using (var client = await server.ConnectAsync())
        {
            await client.BeginDataAsync();
            await client.AskAsync("x\r\n.");
            await client.AskAsync("MAIL FROM:<>");
            await client.AskAsync("RCPT TO:<nobody@example.net>");
        }

        await server.Server.DrainAsync(TimeSpan.FromSeconds(30));
        Assert.Equal([1, -1], seen.Where(one => one.Name == "gateway.smtp.connections").Select(one => one.Value));
        listener.RecordObservableInstruments();
        var left = Assert.Single(seen, one => one.Name == "gateway.smtp.certificate.remaining").Value;
        Assert.InRange(left, TimeSpan.FromHours(23).TotalSeconds, TimeSpan.FromHours(24).TotalSeconds);
        Assert.Contains(("gateway.smtp.message.size", 3d, ""), seen);
        Assert.Contains(seen, one => one.Name == "gateway.smtp.accept.duration");
        Assert.Contains(("gateway.smtp.replies", 1d, "smtp.verb=Rcpt smtp.code=550"), seen);
        Assert.Contains(("gateway.smtp.replies", 1d, "smtp.verb=Data smtp.code=250"), seen);
        Assert.Contains(("gateway.smtp.refused", 1d, "smtp.point=rcpt"), seen);
    }

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
}
