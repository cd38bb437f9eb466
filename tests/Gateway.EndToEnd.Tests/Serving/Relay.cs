using System.Net;
using System.Net.Sockets;

namespace Gateway.EndToEnd.Tests.Serving;

/// <summary>A TCP relay on loopback that can fall silent: connections stay open and nothing goes through them any more, as when a network breaks.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly LoopbackListener _listener;
    private readonly int _port;
    private volatile bool _isSilent;

    /// <param name="port">On loopback, where connections lead to.</param>
    public Relay(int port)
    {
        _port = port;
        _listener = new(ConnectAsync);
    }

    public int Port => _listener.Endpoint.Port;

    /// <summary>For good.</summary>
    public void FallSilent() => _isSilent = true;

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ConnectAsync(TcpClient near, CancellationToken cancel)
    {
        using var far = new TcpClient();
        await far.ConnectAsync(IPAddress.Loopback, _port, cancel);
        await Task.WhenAny(PumpAsync(near.GetStream(), far.GetStream(), cancel), PumpAsync(far.GetStream(), near.GetStream(), cancel));
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, CancellationToken cancel)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, cancel) is var length and > 0)
        {
            if (_isSilent)
            {
                await Task.Delay(Timeout.Infinite, cancel);
            }

            await to.WriteAsync(buffer.AsMemory(0, length), cancel);
        }
    }
}
