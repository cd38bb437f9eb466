using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Server.Tests;

/// <summary>A server that takes one connection, says yes to everything and keeps every octet.</summary>
internal sealed class SmtpCatcher : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly StringBuilder _said = new();
    private readonly Task _served;

    public SmtpCatcher()
    {
        _listener.Start();
        _served = ServeAsync(TestContext.Current.CancellationToken);
    }

    public string Server => $"{_listener.LocalEndpoint}";

    /// <summary>All that the client said, when it has quit; an octet is a character.</summary>
    public async Task<string> SaidAsync()
    {
        await _served;
        return _said.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(CancellationToken cancel)
    {
        using var client = await _listener.AcceptTcpClientAsync(cancel);
        using var lines = new StreamReader(client.GetStream(), Encoding.Latin1);
        await using var answers = new StreamWriter(client.GetStream(), Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
        await answers.WriteLineAsync("220 catcher");
        var data = false;
        while (await LineAsync(lines, cancel) is { Length: > 0 } line)
        {
            _said.Append(line);
            if (!data || line == ".\r\n")
            {
                data = !data && line.StartsWith("DATA", StringComparison.Ordinal);
                await answers.WriteLineAsync(data ? "354 go on" : line.StartsWith("QUIT", StringComparison.Ordinal) ? "221 bye" : "250 OK");
            }
        }
    }

    /// <summary>Up to a line feed and with it, whatever stands before it.</summary>
    private static async Task<string> LineAsync(StreamReader reader, CancellationToken cancel)
    {
        var line = new StringBuilder();
        var one = new char[1];
        while (await reader.ReadAsync(one, cancel) > 0)
        {
            line.Append(one[0]);
            if (one[0] == '\n')
            {
                break;
            }
        }

        return line.ToString();
    }
}
