using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Benchmarks;

/// <summary>A lock-step SMTP load: each connection sends one message after the other, waiting for every reply.</summary>
internal sealed record Load(int Octets, int Connections, TimeSpan Duration)
{
    /// <returns>Messages answered 250 a second.</returns>
    public async Task<double> RunAsync(IPEndPoint server, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => WorkAsync(server, watch, cancel)));
        return counts.Sum() / watch.Elapsed.TotalSeconds;
    }

    private async Task<int> WorkAsync(IPEndPoint server, Stopwatch watch, CancellationToken cancel)
    {
        using var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(server, cancel);
        var client = new Client(tcp.GetStream());
        await client.ExpectAsync("220", cancel);
        await client.CommandAsync("EHLO client.example", "250", cancel);
        var message = Message();
        var sent = 0;
        while (watch.Elapsed < Duration)
        {
            await client.CommandAsync("MAIL FROM:<load@example.net>", "250", cancel);
            await client.CommandAsync("RCPT TO:<user@example.com>", "250", cancel);
            await client.CommandAsync("DATA", "354", cancel);
            await client.SendAsync(message, "250", cancel);
            sent++;
        }

        await client.CommandAsync("QUIT", "221", cancel);
        return sent;
    }

    private byte[] Message()
    {
        var text = new StringBuilder("From: load@example.net\r\nTo: user@example.com\r\nSubject: load\r\n\r\n");
        while (text.Length < Octets)
        {
            text.Append(new string('x', Math.Clamp(Octets - text.Length - 2, 1, 76))).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(text.Append(".\r\n").ToString());
    }

    private sealed class Client(NetworkStream stream)
    {
        private readonly byte[] _buffer = new byte[4096];

        public Task CommandAsync(string command, string expected, CancellationToken cancel) =>
            SendAsync(Encoding.ASCII.GetBytes(command + "\r\n"), expected, cancel);

        public async Task SendAsync(ReadOnlyMemory<byte> octets, string expected, CancellationToken cancel)
        {
            await stream.WriteAsync(octets, cancel);
            await ExpectAsync(expected, cancel);
        }

        /// <summary>Lock step, so what arrives is one reply; it is whole when its last line has a space behind the code.</summary>
        public async Task ExpectAsync(string expected, CancellationToken cancel)
        {
            var length = 0;
            while (true)
            {
                var read = await stream.ReadAsync(_buffer.AsMemory(length), cancel);
                length += read;
                var text = Encoding.ASCII.GetString(_buffer, 0, length);
                if (read == 0)
                {
                    throw new InvalidOperationException($"The server closed instead of {expected}");
                }

                if (text.EndsWith("\r\n", StringComparison.Ordinal) && text[(text[..^2].LastIndexOf('\n') + 1)..] is { Length: > 3 } last && last[3] == ' ')
                {
                    if (!last.StartsWith(expected, StringComparison.Ordinal))
                    {
                        throw new InvalidOperationException($"The server answered {last.TrimEnd()} instead of {expected}");
                    }

                    return;
                }
            }
        }
    }
}
