using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.EndToEnd.Tests;

/// <summary>A client that sends exactly the octets it is given, which no library does.</summary>
internal sealed class RawSmtp : IDisposable
{
    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;
    private readonly StreamReader _replies;

    private RawSmtp(TcpClient tcp)
    {
        _tcp = tcp;
        _stream = tcp.GetStream();
        _replies = new(_stream, Encoding.ASCII);
    }

    /// <summary>Connects, reads the greeting and says EHLO.</summary>
    public static async Task<RawSmtp> ConnectAsync(IPEndPoint server)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(server, TestContext.Current.CancellationToken);
        var smtp = new RawSmtp(tcp);
        await smtp.ReadReplyAsync();
        await smtp.CommandAsync("EHLO client.example");
        return smtp;
    }

    /// <summary>Sends a line and reads the reply; of several lines the last.</summary>
    public async Task<string> CommandAsync(string line)
    {
        await SendAsync(Encoding.ASCII.GetBytes(line + "\r\n"));
        return await ReadReplyAsync();
    }

    public async Task SendAsync(ReadOnlyMemory<byte> octets) => await _stream.WriteAsync(octets, TestContext.Current.CancellationToken);

    /// <summary>A whole transaction; the octets are dot-stuffed, and must end in CRLF to come back as they are.</summary>
    /// <returns>The last reply.</returns>
    public async Task<string> SendMessageAsync(string from, string[] to, ReadOnlyMemory<byte> raw)
    {
        await CommandAsync($"MAIL FROM:<{from}> BODY=8BITMIME");
        foreach (var recipient in to)
        {
            await CommandAsync($"RCPT TO:<{recipient}>");
        }

        var reply = await CommandAsync("DATA");
        if (!reply.StartsWith("354", StringComparison.Ordinal))
        {
            return reply;
        }

        await SendAsync(Stuffed(raw.Span));
        return await CommandAsync(".");
    }

    public async Task<string> ReadReplyAsync()
    {
        while (await _replies.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.Length < 4 || line[3] != '-')
            {
                return line;
            }
        }

        return "<close>";
    }

    public void Dispose()
    {
        _replies.Dispose();
        _tcp.Dispose();
    }

    private static byte[] Stuffed(ReadOnlySpan<byte> raw)
    {
        var stuffed = new MemoryStream(raw.Length + 64);
        for (var at = 0; at < raw.Length; at++)
        {
            if (raw[at] == '.' && (at == 0 || raw[..at].EndsWith("\r\n"u8)))
            {
                stuffed.WriteByte((byte)'.');
            }

            stuffed.WriteByte(raw[at]);
        }

        return stuffed.ToArray();
    }
}
