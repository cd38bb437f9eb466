using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Smtp.Tests.Tls;

/// <summary>Handshakes that must not succeed, and how they end. The octets are our own: a client of today refuses to send some of them.</summary>
public sealed class HandshakeTests
{
    private const byte Alert = 21;
    private const byte Handshake = 22;
    private const byte Fatal = 2;
    private const byte HandshakeFailure = 40;
    private const byte ProtocolVersion = 70;

    [Theory]
    [InlineData(0x00, HandshakeFailure)] // SSL 3.0, RFC 7568
    [InlineData(0x01, ProtocolVersion)] // TLS 1.0 and 1.1, RFC 8996
    [InlineData(0x02, ProtocolVersion)]
    public async Task An_older_version_is_refused_with_an_alert(byte minor, byte alert)
    {
        await using var server = await TlsServer.StartAsync(TlsServer.Make("a.example"));
        var answer = await AnswerAsync(server, ClientHello(minor));
        Assert.Equal<byte>([Fatal, alert], answer[5..]);
        Assert.Equal(Alert, answer[0]);
    }

    [Fact]
    public async Task The_same_octets_are_good_for_a_version_that_is_taken()
    {
        await using var server = await TlsServer.StartAsync(TlsServer.Make("a.example"));
        var answer = await AnswerAsync(server, ClientHello(0x03), endAfterwards: true);
        Assert.Equal<byte>([Handshake, 3, 3], answer[..3]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(60)]
    public async Task A_first_word_in_two_records_is_one(int octetsInFirst)
    {
        await using var server = await TlsServer.StartAsync(TlsServer.Make("a.example"));
        var message = ClientHello(0x03).AsSpan(5);
        byte[] records =
        [
            Handshake, 3, 1, 0, (byte)octetsInFirst, .. message[..octetsInFirst],
            Handshake, 3, 1, 0, (byte)(message.Length - octetsInFirst), .. message[octetsInFirst..],
        ];
        var answer = await AnswerAsync(server, records, endAfterwards: true);
        Assert.Equal<byte>([Handshake, 3, 3], answer[..3]);
    }

    [Theory]
    [InlineData("-tls1")]
    [InlineData("-tls1_1")]
    public async Task An_older_version_is_refused_to_openssl_too(string version)
    {
        OpenSslClient.Require();
        await using var server = await TlsServer.StartAsync(TlsServer.Make("a.example"));
        var output = await new OpenSslClient(server.Endpoint).ConnectAsync(version, "-cipher", "DEFAULT@SECLEVEL=0");
        Assert.Contains("alert protocol version", output, StringComparison.Ordinal);
        Assert.Contains("New, (NONE)", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_handshake_that_failed_there_is_no_way_back_to_plain_text()
    {
        await using var server = await TlsServer.StartAsync(TlsServer.Make("a.example"));
        await using var client = await server.BeginTlsAsync();
        await client.SendLineAsync("EHLO again.example");
        await client.SendLineAsync("MAIL FROM:<a@client.example>");
        await client.SendLineAsync("QUIT");
        var answer = new StringBuilder();
        for (var line = await client.ReadLineAsync(); line != TestClient.Close; line = await client.ReadLineAsync())
        {
            answer.Append(line);
        }

        Assert.DoesNotMatch("[0-9]{3}", answer.ToString());
        Assert.Contains(server.Logs.Entries, entry => entry.Id == 1005);
        Assert.DoesNotContain(server.Logs.Entries, entry => entry.Error is not null);
    }

    [Fact]
    public async Task A_handshake_that_drips_in_has_no_more_time_than_another()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero));
        await using var server = await TestServer.StartAsync(options => options.TlsHandshakeTimeout = TimeSpan.FromSeconds(30), clock: clock);
        await using var client = await server.ConnectAsync();
        await client.GreetAsync();
        Assert.StartsWith("220 2.0.0 ", await client.AskAsync("STARTTLS"), StringComparison.Ordinal);
        var began = clock.GetUtcNow();
        var hello = ClientHello(0x03);
        var end = client.ReadLineAsync();
        for (var i = 0; !end.IsCompleted; i++)
        {
            Assert.True(i < hello.Length - 1, "It waited for all of it");
            await client.SendAsync(hello.AsMemory(i, 1));
            clock.Advance(TimeSpan.FromSeconds(2));
            await FakeTime.GiveWayAsync();
        }

        Assert.Equal(TestClient.Close, await end);
        Assert.InRange(clock.GetUtcNow() - began, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2 * hello.Length));
    }

    /// <summary>The first record of the answer to a first word of TLS; and the end of the connection after it.</summary>
    private static async Task<byte[]> AnswerAsync(TlsServer server, byte[] hello, bool endAfterwards = false)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Endpoint, cancel);
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.ASCII, false, 1, leaveOpen: true);
        Assert.StartsWith("220 ", await reader.ReadLineAsync(cancel), StringComparison.Ordinal);
        await socket.SendAsync("EHLO a.example\r\n"u8.ToArray(), cancel);
        string? line;
        do
        {
            line = await reader.ReadLineAsync(cancel);
        }
        while (line!.StartsWith("250-", StringComparison.Ordinal));

        await socket.SendAsync("STARTTLS\r\n"u8.ToArray(), cancel);
        Assert.StartsWith("220 ", await reader.ReadLineAsync(cancel), StringComparison.Ordinal);
        await socket.SendAsync(hello, cancel);
        var record = new byte[5];
        await stream.ReadExactlyAsync(record, cancel);
        Array.Resize(ref record, 5 + (record[3] << 8 | record[4]));
        await stream.ReadExactlyAsync(record.AsMemory(5), cancel);
        if (endAfterwards)
        {
            socket.Shutdown(SocketShutdown.Send);
        }

        while (await stream.ReadAsync(new byte[4096], cancel) > 0)
        {
        }

        return record;
    }

    /// <summary>RFC 5246 section 7.4.1.2, for a certificate of a P-256 key.</summary>
    internal static byte[] ClientHello(byte minor)
    {
        byte[] extensions =
        [
            0, 10, 0, 4, 0, 2, 0, 23, // supported_groups: secp256r1
            0, 11, 0, 2, 1, 0, // ec_point_formats: uncompressed
            0, 13, 0, 6, 0, 4, 4, 3, 2, 3, // signature_algorithms: ecdsa_secp256r1_sha256, ecdsa_sha1
        ];
        byte[] body =
        [
            3, minor, .. new byte[32], 0,
            0, 6, 0xc0, 0x2b, 0xc0, 0x09, 0xc0, 0x0a, // ECDHE_ECDSA with AES_128_GCM_SHA256, AES_128_CBC_SHA, AES_256_CBC_SHA
            1, 0, 0, (byte)extensions.Length, .. extensions,
        ];
        return [Handshake, 3, minor == 0 ? (byte)0 : (byte)1, 0, (byte)(body.Length + 4), 1, 0, 0, (byte)body.Length, .. body];
    }
}
