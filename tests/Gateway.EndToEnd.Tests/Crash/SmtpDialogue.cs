using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>
/// A client that does no more than it must, for many messages a second. Other than <c>RawSmtp</c> it takes a reply for one only
/// when it has read it to its last octet: half a 250 is no promise.
/// </summary>
internal sealed class SmtpDialogue : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>Connects and says EHLO. Throws when the greeting is not 220 or the other side goes away.</summary>
    public async Task OpenAsync(IPEndPoint endpoint, CancellationToken cancel)
    {
        await ConnectAsync(endpoint, from: null, cancel);
        await GreetAsync(cancel);
    }

    /// <summary>Connects and says nothing yet.</summary>
    /// <param name="endpoint">Where to.</param>
    /// <param name="from">An address of this machine; null: the system's choice.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task ConnectAsync(IPEndPoint endpoint, IPAddress? from, CancellationToken cancel)
    {
        if (from is not null)
        {
            _socket.Bind(new IPEndPoint(from, 0));
        }

        await _socket.ConnectAsync(endpoint, cancel);
    }

    /// <summary>Waits for the greeting and says EHLO. Throws as <see cref="OpenAsync"/> does.</summary>
    public async Task GreetAsync(CancellationToken cancel)
    {
        await ExpectAsync("220", cancel);
        await SendAsync("EHLO load.example\r\n", cancel);
        await ExpectAsync("250", cancel);
    }

    /// <summary>MAIL, RCPT and DATA, up to the 354.</summary>
    public async Task BeginDataAsync(IReadOnlyList<string> recipients, CancellationToken cancel)
    {
        var commands = string.Concat(recipients.Select(recipient => $"RCPT TO:<{recipient}>\r\n"));
        await SendAsync($"MAIL FROM:<load@example.org>\r\n{commands}DATA\r\n", cancel);
        for (var reply = 0; reply <= recipients.Count; reply++)
        {
            await ExpectAsync("250", cancel);
        }

        await ExpectAsync("354", cancel);
    }

    public Task SendAsync(string text, CancellationToken cancel) => SendAsync(Encoding.ASCII.GetBytes(text), cancel);

    public async Task SendAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        while (octets.Length > 0)
        {
            octets = octets[await _socket.SendAsync(octets, SocketFlags.None, cancel)..];
        }
    }

    /// <summary>The last line of the next reply, without its CRLF; null when the other side has closed before it was whole.</summary>
    public async Task<string?> ReadReplyAsync(CancellationToken cancel)
    {
        while (true)
        {
            var line = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (line >= 0)
            {
                var text = Encoding.ASCII.GetString(_buffer, _start, line);
                _start += line + 2;
                if (text.Length < 4 || text[3] != '-')
                {
                    return text;
                }

                continue;
            }

            if (_start > 0)
            {
                _buffer.AsSpan(_start.._end).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            var received = await _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, cancel);
            if (received == 0)
            {
                return null;
            }

            _end += received;
        }
    }

    /// <summary>Says something to a server that does not want to hear it and may be gone.</summary>
    /// <returns>The first reply; null when its end came first, or cut it off: what is sent to a closed socket may do that.</returns>
    public async Task<string?> SayUnwantedAsync(string text, CancellationToken cancel)
    {
        try
        {
            await SendAsync(text, cancel);
            return await ReadReplyAsync(cancel);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <exception cref="IOException">Another reply, or none.</exception>
    private async Task ExpectAsync(string code, CancellationToken cancel)
    {
        var reply = await ReadReplyAsync(cancel);
        if (reply is null || !reply.StartsWith(code, StringComparison.Ordinal))
        {
            throw new IOException($"Wanted {code}, got {reply ?? "the end"}");
        }
    }
}
