using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Core.Events;

namespace Gateway.Smtp.Transport;

/// <summary>What the socket and the TLS session tell about the client.</summary>
internal static class PeerFacts
{
    /// <summary>The other end of the TCP connection, an IPv4-mapped address as IPv4; null: it was gone before it was looked at.</summary>
    public static IPAddress? AddressOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint is IPEndPoint { Address: var address } ? address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>After the handshake.</summary>
    /// <param name="tls">The session.</param>
    /// <param name="certificate">The client's; null: none.</param>
    public static TlsFacts Of(SslStream tls, ClientCertificate? certificate) => new(
        tls.SslProtocol == SslProtocols.Tls13 ? "TLSv1.3" : "TLSv1.2",
        tls.NegotiatedCipherSuite.ToString(),
        ServerName.Read(tls.TargetHostName),
        certificate);
}
