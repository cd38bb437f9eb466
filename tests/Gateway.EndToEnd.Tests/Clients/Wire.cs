using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.EndToEnd.Tests.Clients;

/// <summary>The way from a client to a server, on which is written down what each side says.</summary>
internal sealed partial class Wire : IAsyncDisposable
{
    private const int LongestShownLine = 160;

    private readonly LoopbackListener _listener;
    private readonly IPEndPoint _server;
    private readonly List<(bool IsClient, string Text)> _said = [];

    public Wire(IPEndPoint server)
    {
        _server = server;
        _listener = new(ConnectAsync);
    }

    /// <summary>Where clients connect.</summary>
    public IPEndPoint Endpoint => _listener.Endpoint;

    /// <summary>All that clients sent, an octet a character. After STARTTLS that is TLS.</summary>
    public string FromClients
    {
        get
        {
            lock (_said)
            {
                return string.Concat(_said.Where(piece => piece.IsClient).Select(piece => piece.Text));
            }
        }
    }

    /// <summary>The parameters of the only MAIL command that was sent in plain text, in upper case.</summary>
    public string MailParameters => Assert.Single(MailCommand().Matches(FromClients)).Groups["parameters"].Value.ToUpperInvariant();

    /// <summary>The only message that was sent in plain text, without what RFC 5321 section 4.5.2 adds.</summary>
    public byte[] Message()
    {
        var stuffed = Assert.Single(Data().Matches(FromClients)).Groups["lines"].Value;
        return Encoding.Latin1.GetBytes(("\r\n" + stuffed).Replace("\r\n..", "\r\n.", StringComparison.Ordinal)[2..]);
    }

    /// <summary>The dialogue, for people.</summary>
    public override string ToString()
    {
        lock (_said)
        {
            return string.Join('\n', _said.SelectMany(piece => piece.Text.TrimEnd().Split("\r\n").Select(line => (piece.IsClient ? "C: " : "S: ") + Shown(line))));
        }
    }

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private static string Shown(string line) =>
        string.Concat((line.Length > LongestShownLine ? line[..LongestShownLine] + " ..." : line).Select(character => char.IsAsciiLetterOrDigit(character) || character is >= ' ' and <= '~' ? character : '?'));

    private async Task ConnectAsync(TcpClient near, CancellationToken cancel)
    {
        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        await far.ConnectAsync(_server, cancel);
        await Task.WhenAll(PumpAsync(near.Client, far.Client, isClient: true, cancel), PumpAsync(far.Client, near.Client, isClient: false, cancel));
    }

    private async Task PumpAsync(Socket from, Socket to, bool isClient, CancellationToken cancel)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, cancel) is var length and > 0)
            {
                Record(isClient, Encoding.Latin1.GetString(buffer, 0, length));
                for (var sent = 0; sent < length;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, length - sent), cancel);
                }
            }
        }
        finally
        {
            to.Shutdown(SocketShutdown.Send); // whatever the end was, the other side learns of it
        }
    }

    /// <summary>What one side says in several pieces stays one.</summary>
    private void Record(bool isClient, string text)
    {
        lock (_said)
        {
            if (_said is [.., var (lastIsClient, before)] && lastIsClient == isClient)
            {
                _said[^1] = (isClient, before + text);
            }
            else
            {
                _said.Add((isClient, text));
            }
        }
    }

    [GeneratedRegex(@"^MAIL FROM:<[^>]*>(?<parameters>[^\r]*)\r$", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex MailCommand();

    [GeneratedRegex(@"\r\nDATA\r\n(?<lines>.*?\r\n)\.\r\n", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Data();
}
