using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Events;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>What went wrong once between two waits.</summary>
public sealed class WaitTests
{
    private const string Busy = "421 4.3.2";
    private const string TooMany = "421 4.7.0";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));

    /// <summary>Proxies may send their header together with the client's first octets; where TLS comes first, those are its hello.</summary>
    [Fact]
    public async Task A_hello_in_one_segment_with_the_PROXY_header_is_not_lost()
    {
        await using var server = await TestServer.StartAsync(clientIp: Settings.Proxied, listeners: [new(ListenerKind.Submissions, new(IPAddress.Loopback, 0))]);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Endpoint, TestContext.Current.CancellationToken);
#pragma warning disable CA5359 // the test's own certificate
        await using var tls = new SslStream(new HeaderFirst(socket, Crowd.Claim("203.0.113.7")), leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync("mx.example.net").WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var octets = new byte[512];
        var received = await tls.ReadAsync(octets, TestContext.Current.CancellationToken);
        Assert.StartsWith("220 ", Encoding.ASCII.GetString(octets, 0, received), StringComparison.Ordinal);
    }

    /// <summary>Whoever is told 421 behind a proxy and stays must not take places from others while it is waited for.</summary>
    [Fact]
    public async Task Refused_clients_of_a_proxy_that_do_not_hang_up_keep_no_place()
    {
        var limits = Settings.Strict;
        (limits.ConnectionsPerAddress, limits.ConnectionsPerNetwork) = (5, 5);
        await using var server = await TestServer.StartAsync(options => options.MaxConnections = 10, clientIp: Settings.Proxied, limits: limits, clock: _clock);
        using var flood = new Crowd();
        for (var i = 0; i < 100; i++)
        {
            await flood.JoinAsync(server.Endpoint, words: Crowd.Claim("203.0.113.7"));
        }

        Assert.Equal("5 x 220, 95 x 421 4.7.0", flood.Tally);
        await using var other = await server.ConnectAsync();
        await other.SendAsync(Encoding.Latin1.GetBytes(Crowd.Claim("198.51.100.1")));
        await other.GreetAsync();
    }

    /// <summary>The kernel has taken their connections: closed unaccepted they would be reset.</summary>
    [Fact]
    public async Task Who_waits_to_be_accepted_when_a_drain_begins_is_told_421()
    {
        using var gate = new GateKeeper();
        await using var server = await TestServer.StartAsync(admission: gate);
        using var crowd = new Crowd();
        await crowd.ConnectAsync(server.Endpoint);
        await gate.Reached;
        var waiting = new List<Socket>();
        for (var i = 0; i < 20; i++)
        {
            waiting.Add(await crowd.ConnectAsync(server.Endpoint));
        }

        var draining = server.Server.DrainAsync(TimeSpan.FromSeconds(30));
        gate.Open();
        await draining;
        foreach (var socket in waiting)
        {
            Assert.StartsWith(Busy, await Crowd.ReadToEndAsync(socket), StringComparison.Ordinal);
        }
    }

    /// <summary>A close with octets unread is a reset, and on some systems that takes the 421 with it.</summary>
    [Fact]
    public async Task Who_is_turned_away_and_has_talked_already_is_not_reset()
    {
        using var gate = new GateKeeper();
        await using var server = await TestServer.StartAsync(options => options.MaxConnections = 1, admission: gate);
        using var crowd = new Crowd();
        await crowd.ConnectAsync(server.Endpoint);
        await gate.Reached;
        var second = await crowd.ConnectAsync(server.Endpoint, words: "EHLO client.example\r\n");
        gate.Open();
        Assert.Equal(Busy, await crowd.JoinAsync(server.Endpoint)); // and the one before has been closed
        Assert.StartsWith(Busy, await Crowd.ReadToEndAsync(second), StringComparison.Ordinal);
        Assert.Equal(0, (int)second.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task At_the_hard_stop_a_message_in_flight_is_told_421(bool overTls)
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        if (overTls)
        {
            Assert.StartsWith("220 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
            Assert.True(await client.HandshakeAsync());
            await client.AskAsync("EHLO client.example");
        }

        await client.MailToDataAsync();
        await client.SendLineAsync("half");
        var draining = server.Server.DrainAsync(TimeSpan.FromSeconds(20));
        await _clock.PassUntilAsync(() => draining.IsCompleted);
        await draining;
        Assert.StartsWith(Busy, await client.ReadReplyAsync(), StringComparison.Ordinal);
        Assert.Equal(TestClient.Close, await client.ReadLineAsync());
        Assert.Empty(server.Intake.Committed);
        Assert.Equal(0, server.Intake.Open);
    }

    /// <summary>Nothing of it will be taken, so nobody has to wait for it.</summary>
    [Fact]
    public async Task A_drain_does_not_wait_for_a_chunk_that_is_refused_anyway()
    {
        await using var server = await TestServer.StartAsync(clock: _clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        await client.SendAsync("BDAT 1000000\r\nsome of it"u8.ToArray());
        var draining = server.Server.DrainAsync(TimeSpan.FromSeconds(30)); // by a clock that stands still
        Assert.StartsWith(Busy, await client.ReadReplyAsync(), StringComparison.Ordinal);
        await draining;
    }

    /// <summary>A health check has a few seconds, and it is the proxy's own: there is nobody to wait for.</summary>
    [Fact]
    public async Task A_probe_of_the_proxy_does_not_wait_for_the_greeting()
    {
        var limits = Settings.Strict;
        limits.GreetDelay = TimeSpan.FromSeconds(30);
        await using var server = await TestServer.StartAsync(clientIp: Settings.Proxied, limits: limits, clock: _clock);
        using var probe = new Crowd();
        Assert.Equal("220", await probe.JoinAsync(server.Endpoint, words: "PROXY UNKNOWN\r\n"));
    }

    /// <summary>521 ends the connection, and a client that begs for one on each is as much in error as any.</summary>
    [Fact]
    public async Task Errors_that_close_the_connection_count_as_errors_of_the_address_too()
    {
        var limits = Settings.Strict;
        limits.ErrorsPerMinute = 10;
        await using var server = await TestServer.StartAsync(limits: limits, clock: _clock);
        for (var i = 0; i < 10; i++)
        {
            await using var client = await server.ConnectAsync();
            Assert.StartsWith("220 ", await client.ReadReplyAsync(), StringComparison.Ordinal);
            Assert.StartsWith("521 5.5.1 ", await client.AskAsync("GET / HTTP/1.1"), StringComparison.Ordinal);
        }

        using var next = new Crowd();
        Assert.Equal(TooMany, await next.JoinAsync(server.Endpoint));
    }

    /// <summary>So that who looks at the metric sees each of them.</summary>
    [Fact]
    public async Task A_session_that_gets_no_memory_for_its_input_is_counted()
    {
        const int Buffers = 16;
        using var instruments = new Instruments();
        await using var server = await TestServer.StartAsync(limits: new() { MaxMemoryOctets = Buffers * 64 * 1024 }, metrics: instruments.Metrics, clock: _clock);
        using var crowd = new Crowd();
        for (var i = 0; i < Buffers + 3; i++)
        {
            Assert.Equal("220", await crowd.JoinAsync(server.Endpoint)); // nobody holds any yet
        }

        var replies = crowd.Sockets.Select(Crowd.ReadAsync).ToList();
        foreach (var socket in crowd.Sockets)
        {
            await socket.SendAsync("NOO"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        await _clock.PassUntilAsync(() => replies.Count(reply => reply.IsCompleted) == replies.Count);
        Assert.Equal((3, Buffers), (replies.Count(reply => reply.Result.StartsWith(Busy, StringComparison.Ordinal)), replies.Count(reply => reply.Result.StartsWith("421 4.4.2", StringComparison.Ordinal))));
        Assert.Equal(3, instruments.Limited("memory"));
    }

    /// <summary>Writes something before what is written first, in one segment with it.</summary>
    private sealed class HeaderFirst(Socket socket, string header) : NetworkStream(socket)
    {
        private byte[]? _header = Encoding.Latin1.GetBytes(header);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            byte[] octets = [.. _header ?? [], .. buffer.Span];
            _header = null;
            return base.WriteAsync(octets, cancellationToken);
        }
    }

    /// <summary>Holds the first client up, and with it the thread that accepts connections; nothing that may be in use does that.</summary>
    private sealed class GateKeeper : IAdmission, IDisposable
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _open = new();

        public Task Reached => _reached.Task;

        public bool JudgesMessages => false;

        public void Open() => _open.Set();

        public ValueTask<Ruling> ConnectAsync(ClientFacts client, CancellationToken cancel)
        {
            _reached.TrySetResult();
            _open.Wait(CancellationToken.None);
            return new(Ruling.Admit());
        }

        public ValueTask<Ruling> MailAsync(SessionFacts session, ReversePath reversePath, CancellationToken cancel) => new(Ruling.Admit());

        public ValueTask<Ruling> RcptAsync(SessionFacts session, ReversePath reversePath, ForwardPath forwardPath, CancellationToken cancel) => new(Ruling.Admit());

        public ValueTask<Ruling> EndOfDataAsync(ReceivedEvent message, Stream raw, CancellationToken cancel) => new(Ruling.Admit());

        public void Dispose() => _open.Dispose();
    }
}
