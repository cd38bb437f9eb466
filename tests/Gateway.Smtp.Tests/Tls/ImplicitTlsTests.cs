using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Core;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp.Tests.Tls;

/// <summary>TLS from the first octet (RFC 8314 section 3.3), perhaps behind a PROXY header that is read before.</summary>
public sealed class ImplicitTlsTests : IDisposable
{
    private static readonly byte[] Header = "PROXY TCP4 192.0.2.7 192.0.2.25 56324 465\r\n"u8.ToArray();
    private static readonly TlsHosts Hosts = new TlsCredentials(() => new(TestServer.ServerCertificate), ClientCertificates.Ignore, new CapturedLogs()).Get()!;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public ImplicitTlsTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static TimeSpan Patience => TimeSpan.FromSeconds(30);

    public void Dispose()
    {
        _client.Dispose();
        _listener.Dispose();
    }

    [Theory]
    [InlineData(0)] // the header by itself
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(100)]
    [InlineData(int.MaxValue)] // all of the client's first word right behind the header, in one segment
    public async Task What_comes_right_behind_a_proxy_header_is_part_of_the_handshake(int octetsBehindHeader)
    {
        await using var connection = await ConnectAsync();
#pragma warning disable CA5359 // the test's own certificate
        await using var tls = new SslStream(new HeaderFirst(_client, Header, octetsBehindHeader), leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
        var shaking = tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "mx.example.net" }, Cancel);
        await TakeHeaderAsync(connection);
        Assert.True(octetsBehindHeader == 0 || !connection.Unread.IsEmpty);
        Assert.Null(await connection.SecureAsync(Hosts, Patience, keepUnread: true));
        await shaking;
        Assert.Equal(("TLSv1.3", "mx.example.net"), (connection.Tls!.Version, connection.Tls.ServerName));
        Assert.True(connection.Unread.IsEmpty);

        connection.Write(Replies.Ok);
        Assert.True(await connection.FlushAsync());
        var reply = new byte[64];
        Assert.StartsWith("250 ", Encoding.ASCII.GetString(reply, 0, await tls.ReadAsync(reply, Cancel)), StringComparison.Ordinal);
        await tls.WriteAsync("NOOP\r\n"u8.ToArray(), Cancel);
        Assert.Equal(Input.More, await connection.FillAsync(connection.Alarm.In(Patience), interruptible: false));
        Assert.Equal("NOOP\r\n"u8, connection.Unread.Span);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_behind_is_kept_only_where_that_is_said(bool keepUnread)
    {
        await using var connection = await ConnectAsync();
        await _client.SendAsync((byte[])[.. Header, .. HandshakeTests.ClientHello(3)], Cancel);
        _client.Shutdown(SocketShutdown.Send);
        await TakeHeaderAsync(connection);
        Assert.NotNull(await connection.SecureAsync(Hosts, Patience, keepUnread)); // the client is gone before the end in either case
        await connection.DisposeAsync();
        Assert.Equal(keepUnread, await _client.ReceiveAsync(new byte[4096], Cancel) > 0);
    }

    [Fact]
    public async Task Without_a_header_there_is_nothing_to_keep()
    {
        await using var connection = await ConnectAsync();
#pragma warning disable CA5359 // the test's own certificate
        await using var tls = new SslStream(new NetworkStream(_client), leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
        var shaking = tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "mx.example.net" }, Cancel);
        Assert.Null(await connection.SecureAsync(Hosts, Patience, keepUnread: true));
        await shaking;
    }

    [Fact]
    public async Task A_connection_whose_handshake_failed_sends_nothing_more()
    {
        await using var connection = await ConnectAsync();
        await _client.SendAsync((byte[])[.. Header, .. "EHLO plain.example\r\n"u8], Cancel);
        await TakeHeaderAsync(connection);
        Assert.NotNull(await connection.SecureAsync(Hosts, Patience, keepUnread: true));
        Assert.Null(connection.Tls);
        connection.Write(Replies.LocalError);
        Assert.False(await connection.FlushAsync());
    }

    private static async Task TakeHeaderAsync(Connection connection)
    {
        while (true)
        {
            if (ProxyHeader.TryTake(connection.Unread.Span, out _, out var consumed) == ProxyStatus.Complete)
            {
                connection.Consume(consumed);
                return;
            }

            Assert.Equal(Input.More, await connection.FillAsync(connection.Alarm.In(Patience), interruptible: false));
        }
    }

    private async Task<Connection> ConnectAsync()
    {
        await _client.ConnectAsync(_listener.LocalEndPoint!, Cancel);
        return new(await _listener.AcceptAsync(Cancel), Patience, TimeProvider.System);
    }

    /// <summary>Sends the header and some of what is written first in one segment, the rest after it.</summary>
    private sealed class HeaderFirst(Socket socket, byte[] header, int octets) : NetworkStream(socket)
    {
        private bool _hasSent;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_hasSent)
            {
                _hasSent = true;
                var length = Math.Min(octets, buffer.Length);
                await base.WriteAsync((byte[])[.. header, .. buffer.Span[..length]], cancellationToken);
                buffer = buffer[length..];
            }

            await base.WriteAsync(buffer, cancellationToken);
        }
    }
}
