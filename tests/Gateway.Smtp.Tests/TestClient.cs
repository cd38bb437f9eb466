using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Gateway.Smtp.Tests.Tls;

namespace Gateway.Smtp.Tests;

/// <summary>A client that sends exactly the octets it is told to, in pieces of a chosen length.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    public const string Close = "<close>";

    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(30));
    private readonly Socket _socket;
    private readonly byte[] _input = new byte[4096];
    private Stream _stream;
    private int _start;
    private int _end;

    private TestClient(Socket socket) => (_socket, _stream) = (socket, new NetworkStream(socket));

    /// <summary>Null in plain text.</summary>
    public SslStream? Tls { get; private set; }

    /// <param name="endpoint">Where to.</param>
    /// <param name="from">An address of this machine; null: the system's choice.</param>
    public static async Task<TestClient> ConnectAsync(IPEndPoint endpoint, IPAddress? from = null)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (from is not null)
        {
            socket.Bind(new IPEndPoint(from, 0));
        }

        await socket.ConnectAsync(endpoint);
        return new(socket);
    }

    /// <summary>A line of one command; CRLF is added.</summary>
    public Task SendLineAsync(string line) => SendAsync(Encoding.Latin1.GetBytes(line + "\r\n"));

    /// <summary>Sends the octets; a server that has closed meanwhile is no error here, the replies tell.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> octets, int octetsPerWrite = int.MaxValue)
    {
        try
        {
            while (!octets.IsEmpty)
            {
                var length = Math.Min(octets.Length, octetsPerWrite);
                await _stream.WriteAsync(octets[..length], _patience.Token);
                octets = octets[length..];
            }
        }
        catch (IOException)
        {
        }
    }

    /// <summary>One line without its CRLF; <see cref="Close"/> at the end.</summary>
    public async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            while (_start < _end)
            {
                line.Append((char)_input[_start++]);
                if (line.Length >= 2 && line[^1] == '\n' && line[^2] == '\r')
                {
                    return line.ToString(0, line.Length - 2);
                }
            }

            try
            {
                (_start, _end) = (0, await _stream.ReadAsync(_input, _patience.Token));
            }
            catch (IOException)
            {
                _end = 0;
            }

            if (_end == 0)
            {
                return line.Length == 0 ? Close : line.ToString();
            }
        }
    }

    /// <summary>All lines of one reply, joined by '\n'.</summary>
    public async Task<string> ReadReplyAsync()
    {
        var reply = await ReadLineAsync();
        for (var line = reply; line.Length > 3 && line[3] == '-';)
        {
            line = await ReadLineAsync();
            reply += "\n" + line;
        }

        return reply;
    }

    /// <summary>Sends a line and reads the reply.</summary>
    public async Task<string> AskAsync(string line)
    {
        await SendLineAsync(line);
        return await ReadReplyAsync();
    }

    /// <summary>Greeting and EHLO.</summary>
    public async Task GreetAsync()
    {
        Assert.StartsWith("220 ", await ReadReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250-", await AskAsync("EHLO client.example"), StringComparison.Ordinal);
    }

    /// <summary>The answers to a connection and an EHLO that was sent.</summary>
    public async Task GreetedAsync()
    {
        Assert.StartsWith("220 ", await ReadReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250-", await ReadReplyAsync(), StringComparison.Ordinal);
    }

    /// <summary>Greeting to 354.</summary>
    public async Task BeginDataAsync(string recipient = "user@example.net")
    {
        await GreetAsync();
        await MailToDataAsync(recipient);
    }

    /// <summary>From an EHLO on to 354.</summary>
    public async Task MailToDataAsync(string recipient = "user@example.net")
    {
        Assert.StartsWith("250 ", await AskAsync("MAIL FROM:<a@client.example>"), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await AskAsync($"RCPT TO:<{recipient}>"), StringComparison.Ordinal);
        Assert.StartsWith("354 ", await AskAsync("DATA"), StringComparison.Ordinal);
    }

    /// <summary>The handshake, after 220. False when the server broke it off.</summary>
    public Task<bool> HandshakeAsync(SslProtocols protocols = SslProtocols.None) =>
        HandshakeAsync(new SslClientAuthenticationOptions { TargetHost = "mx.example.net", EnabledSslProtocols = protocols });

    /// <inheritdoc cref="HandshakeAsync(SslProtocols)"/>
    /// <param name="options">Any certificate is taken, whatever they say.</param>
    public async Task<bool> HandshakeAsync(SslClientAuthenticationOptions options)
    {
#pragma warning disable CA5359 // the test's own certificate
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
        try
        {
            await tls.AuthenticateAsClientAsync(options, _patience.Token);
            _stream = Tls = tls;
            return true;
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            return false;
        }
    }

    /// <summary>Counts what comes from now on.</summary>
    public CountingStream Count()
    {
        var counter = new CountingStream(_stream);
        _stream = counter;
        return counter;
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _socket.Dispose();
        _patience.Dispose();
    }
}
