using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Smtp.Tests.Hostile;

/// <summary>Many clients at once, on bare sockets that stay open: each costs a socket and no wait, and what the server answers first is counted.</summary>
internal sealed class Crowd : IDisposable
{
    /// <summary>By then a test has failed. Nothing depends on how long it is.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<Socket> _sockets = [];
    private readonly Tally _tally = new();

    public IReadOnlyList<Socket> Sockets => _sockets;

    /// <summary>How many were answered with what: 220, or 421 with its enhanced code.</summary>
    public string Tally => _tally.ToString();

    /// <summary>Connects, says something and reads the first reply.</summary>
    /// <param name="endpoint">Where to.</param>
    /// <param name="from">An address of this machine; null: the system's choice.</param>
    /// <param name="words">Sent at once; null: nothing.</param>
    /// <returns>How the reply begins: code and enhanced code.</returns>
    public async Task<string> JoinAsync(IPEndPoint endpoint, IPAddress? from = null, string? words = null)
    {
        return _tally.Add(await ReadAsync(await ConnectAsync(endpoint, from, words)));
    }

    /// <summary>Connects and says something, and does not wait for an answer.</summary>
    public async Task<Socket> ConnectAsync(IPEndPoint endpoint, IPAddress? from = null, string? words = null)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _sockets.Add(socket);
        if (from is not null)
        {
            socket.Bind(new IPEndPoint(from, 0));
        }

        await socket.ConnectAsync(endpoint, TestContext.Current.CancellationToken);
        if (words is not null)
        {
            await socket.SendAsync(Encoding.Latin1.GetBytes(words), TestContext.Current.CancellationToken);
        }

        return socket;
    }

    /// <summary>What comes next, as far as it is there; empty at the end. A reset is told as such.</summary>
    public static async Task<string> ReadAsync(Socket socket)
    {
        var octets = new byte[1024];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var received = await socket.ReceiveAsync(octets, patience.Token);
            return Encoding.Latin1.GetString(octets, 0, received);
        }
        catch (SocketException)
        {
            return "reset";
        }
    }

    /// <summary>All that comes until the end.</summary>
    public static async Task<string> ReadToEndAsync(Socket socket)
    {
        var all = new StringBuilder();
        while (await ReadAsync(socket) is { Length: > 0 } part)
        {
            all.Append(part);
            if (part == "reset")
            {
                break;
            }
        }

        return all.ToString();
    }

    /// <summary>The header by which a proxy says whom it speaks for.</summary>
    public static string Claim(string address) => Claim(IPAddress.Parse(address));

    /// <inheritdoc cref="Claim(string)"/>
    public static string Claim(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? $"PROXY TCP4 {address} 192.0.2.1 51234 25\r\n"
        : $"PROXY TCP6 {address} 2001:db8::1 51234 25\r\n";

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());
}
