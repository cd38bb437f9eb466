using System.Net;
using System.Net.Sockets;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp.Tests;

/// <summary>A connection on a real socket, with a bare socket at its other end and no server: whoever uses it sweeps.</summary>
internal sealed class Loopback : IAsyncDisposable
{
    private Loopback(Connection connection, Socket client) => (Connection, Client) = (connection, client);

    public Connection Connection { get; }

    public Socket Client { get; }

    public static async Task<Loopback> ConnectAsync(TimeProvider clock, MemoryBudget? budget = null)
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listening.LocalEndPoint!, TestContext.Current.CancellationToken);
        return new(new(await listening.AcceptAsync(TestContext.Current.CancellationToken), TimeSpan.FromMinutes(1), clock, budget), client);
    }

    public Task SendAsync(string octets) => SendAsync(System.Text.Encoding.Latin1.GetBytes(octets));

    public async Task SendAsync(byte[] octets) => await Client.SendAsync(octets, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        Client.Dispose();
    }
}
