using System.Net;
using System.Net.Sockets;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>A port of the loopback address that is ours, also while nobody listens on it.</summary>
/// <remarks>
/// The library's listener takes a number and cannot be asked for one, and it sets the option by which several sockets may share a port: two
/// brokers on one port would not fail but take each other's connections. So a socket that never listens is bound first, which fails where
/// another one listens, and only then let share. As long as it lives nobody who asks for any free port is given this one: not before the
/// first start, nor between a stop and a restart.
/// </remarks>
internal sealed class PortHold : IDisposable
{
    private readonly Socket _socket;

    private PortHold(Socket socket) => _socket = socket;

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <param name="port">0: any that is free.</param>
    /// <exception cref="SocketException">It is taken.</exception>
    public static PortHold Take(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            return new(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => _socket.Dispose();
}
