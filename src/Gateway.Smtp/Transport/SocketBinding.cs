using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Smtp.Transport;

/// <summary>Opens listening sockets.</summary>
internal static class SocketBinding
{
    /// <summary>Connections that the system takes in before they are accepted.</summary>
    public const int Backlog = 512;

    /// <summary>One socket for each listener, in their order; none is left open when one cannot be.</summary>
    /// <exception cref="ListenException">An endpoint cannot be bound.</exception>
    public static ImmutableArray<Socket> BindAll(IReadOnlyList<SmtpListener> listeners)
    {
        var sockets = ImmutableArray.CreateBuilder<Socket>(listeners.Count);
        foreach (var listener in listeners)
        {
            try
            {
                sockets.Add(Bind(listener.Endpoint));
            }
            catch (SocketException e)
            {
                foreach (var socket in sockets)
                {
                    socket.Dispose();
                }

                throw new ListenException(listener, e);
            }
        }

        return sockets.MoveToImmutable();
    }

    private static Socket Bind(IPEndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
