using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Users;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp.Tests;

/// <summary>As little of a server as AUTH needs, on a loopback socket: TLS at once, EHLO, AUTH, NOOP and QUIT.</summary>
internal sealed class AuthServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SmtpOptions _options = new() { Hostname = "mx.example.net", AuthFailureDelay = TimeSpan.Zero };
    private readonly List<Connection> _connections = [];
    private readonly TimeProvider _clock;
    private readonly LoginDesk _desk;
    private readonly bool _withTls;
    private readonly Task _accepting;

    public AuthServer(Action<SmtpOptions>? configure = null, LoginDesk? desk = null, TimeProvider? clock = null, bool withTls = true)
    {
        configure?.Invoke(_options);
        (_desk, _clock, _withTls) = (desk ?? new(() => Users), clock ?? TimeProvider.System, withTls);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>app-1 with "pencil", and app-2 with a password of UTF-8, both at the least cost.</summary>
    public static GatewayConfiguration Users { get; } = new([], [], [])
    {
        Users = [new("app-1", ScramVerifier.Create("pencil"u8, 4_096)), new("app-2", ScramVerifier.Create("r\u00e4tsel"u8, 4_096))],
    };

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>After the greeting and EHLO.</summary>
    public async Task<TestClient> ConnectAsync()
    {
        var client = await TestClient.ConnectAsync(Endpoint);
        Assert.True(!_withTls || await client.HandshakeAsync());
        await client.GreetAsync();
        return client;
    }

    public void Drain()
    {
        lock (_connections)
        {
            _connections.ForEach(connection => connection.Alarm.Drain());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var sessions = new List<Task> { SweepAsync() };
        try
        {
            while (true)
            {
                var connection = new Connection(await _listener.AcceptAsync(_stop.Token), _options.ReplyTimeout, _clock);
                lock (_connections)
                {
                    _connections.Add(connection);
                }

                sessions.Add(TalkAsync(connection));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            lock (_connections)
            {
                _connections.ForEach(connection => connection.Alarm.Stop());
            }
        }

        await Task.WhenAll(sessions);
    }

    private async Task TalkAsync(Connection connection)
    {
        var reply = new Reply(220, null, "mx.example.net ESMTP");
        if (_withTls && await connection.SecureAsync(new() { ServerCertificate = TestServer.ServerCertificate.Certificate }, TimeSpan.FromSeconds(30)) is not null)
        {
            return;
        }

        var reader = new CommandReader(connection, _options, new(new TestServer.Meters()));
        var login = new Login(_desk, connection, reader, _options);
        while (true)
        {
            connection.Write(reply);
            if (reply.ClosesConnection)
            {
                break;
            }

            var due = connection.Alarm.In(_options.CommandTimeout);
            var read = await reader.ReadAsync(due, mayBeForeign: false);
            if (read.IsGone || (read.Reply ?? await AnswerAsync(login, read.Line)) is not { } next)
            {
                break;
            }

            reply = next;
        }

        await connection.CloseAsync(linger: false);
    }

    private static ValueTask<Reply?> AnswerAsync(Login login, ReadOnlyMemory<byte> line)
    {
        CommandLine.Split(line.Span, out var argument);
        return Encoding.Latin1.GetString(line.Span).Split(' ')[0] switch
        {
            "AUTH" => login.RunAsync(argument, long.MaxValue),
            "EHLO" => new(new Reply(250, null, $"mx.example.net\nENHANCEDSTATUSCODES\n{SaslMechanisms.EhloKeyword}")),
            "NOOP" => new(new Reply(250, new(2, 0, 0), login.User ?? "nobody")),
            "QUIT" => new(Replies.Bye),
            _ => new(Replies.UnknownCommand),
        };
    }

    private async Task SweepAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            lock (_connections)
            {
                _connections.ForEach(connection => connection.Alarm.Sweep(_clock.GetTimestamp()));
            }

            await Task.Delay(1, CancellationToken.None);
        }
    }
}
