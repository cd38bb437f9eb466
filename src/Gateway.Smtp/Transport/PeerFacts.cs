using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Core;
using Gateway.Core.Events;

namespace Gateway.Smtp.Transport;

/// <summary>What the socket and the TLS session tell about the client.</summary>
internal static class PeerFacts
{
    /// <summary>The other end of the connection: a fact for a server that stands in the open; behind a proxy it is the proxy's.</summary>
    public static ClientFacts Of(Socket socket)
    {
        try
        {
            if (socket.RemoteEndPoint is IPEndPoint { Address: var address })
            {
                return new((address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString(), ClientSource.Socket);
            }
        }
        catch (SocketException)
        {
            // It was gone before it was looked at.
        }

        return new(null, ClientSource.Unknown);
    }

    /// <summary>After the handshake. A server name that is none (SNI is the client's to fill) is left out.</summary>
    public static TlsFacts Of(SslStream tls) => new(
        tls.SslProtocol == SslProtocols.Tls13 ? "TLSv1.3" : "TLSv1.2",
        tls.NegotiatedCipherSuite.ToString(),
        DomainName.IsValid(tls.TargetHostName) ? tls.TargetHostName.ToLowerInvariant() : null);
}
