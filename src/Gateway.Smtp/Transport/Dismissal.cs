using System.Net.Sockets;
using Gateway.Core;
using Gateway.Smtp.Protocol;

namespace Gateway.Smtp.Transport;

/// <summary>The end of a connection that gets no session.</summary>
internal static class Dismissal
{
    /// <summary>More than a proxy's header and a group of commands; who has sent more before it was answered is no client.</summary>
    private const int MostUnread = 16 * 1024;

    /// <summary>
    /// A reply and the end, with nothing allocated. The send buffer of a new connection is empty, so nothing blocks. What the client has said by now is read unlooked at:
    /// a close on unread octets is a reset, which may take the reply with it.
    /// </summary>
    public static void TurnAway(Socket socket, Reply reply)
    {
        Span<byte> octets = stackalloc byte[ReplyEncoder.MaxLineOctets];
        try
        {
            socket.Blocking = false;
            socket.Send(octets[..ReplyEncoder.Encode(reply, octets)]);
            socket.Shutdown(SocketShutdown.Send);
            for (var left = MostUnread; left > 0 && socket.Available > 0; left -= octets.Length)
            {
                socket.Receive(octets);
            }
        }
        catch (SocketException)
        {
            // It is turned away in any case.
        }

        socket.Dispose();
    }
}
