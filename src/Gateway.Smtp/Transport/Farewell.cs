using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;

namespace Gateway.Smtp.Transport;

/// <summary>The last that is done with a client, so that it gets the last reply.</summary>
internal static class Farewell
{
    /// <summary>Memory for what is thrown away at the end; it is not in the budget, which may be what ended the connection.</summary>
    private const int WasteOctets = 4 * 1024;

    /// <summary>What is still read, unlooked at, after a last reply: closing on unread octets would reset the connection and lose the reply.</summary>
    private const int LingerOctets = 1024 * 1024;

    private static readonly TimeSpan LingerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The server stops, and no token would let anything wait: what the system takes without a wait is sent, or the client is left.</summary>
    /// <param name="socket">Of the client.</param>
    /// <param name="tls">Null: plain text.</param>
    /// <param name="octets">The replies.</param>
    /// <returns>Whether all of it was taken.</returns>
    public static bool TrySend(Socket socket, SslStream? tls, ReadOnlySpan<byte> octets)
    {
        try
        {
            socket.Blocking = false;
            if (tls is null)
            {
                return socket.Send(octets) == octets.Length;
            }

            tls.Write(octets);
            return true;
        }
        catch (Exception e) when (Connection.IsEndOfConnection(e) || e is InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Reads what the client still sends, and throws it away.</summary>
    /// <param name="socket">This side of it is shut down.</param>
    /// <param name="alarm">Of the connection.</param>
    /// <param name="linger">False: only what is there already.</param>
    public static async ValueTask DiscardAsync(Socket socket, Alarm alarm, bool linger)
    {
        var due = alarm.In(LingerTimeout); // for all of it: else an octet now and then would hold the connection for days
        var waste = ArrayPool<byte>.Shared.Rent(WasteOctets);
        try
        {
            for (var left = LingerOctets; left > 0 && (linger || socket.Available > 0);)
            {
                var received = await socket.ReceiveAsync(waste.AsMemory(), SocketFlags.None, alarm.Set(due));
                left -= received == 0 ? left : received;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(waste);
        }
    }
}
