using System.Net.Security;
using Gateway.Core.Ports;

namespace Gateway.Smtp.Transport;

/// <summary>One state of the server's certificates, ready for handshakes; a session that begins with it may finish with it.</summary>
/// <param name="certificates">Chooses by name.</param>
/// <param name="options">What each becomes in a handshake; null: it cannot be used.</param>
/// <param name="first">For hosts without one of their own.</param>
/// <param name="asksClients">Clients are asked for a certificate.</param>
internal sealed class TlsHosts(
    ServerCertificates certificates, Dictionary<ServerCertificate, SslServerAuthenticationOptions?> options, SslServerAuthenticationOptions first, bool asksClients)
{
    public bool AsksClients => asksClients;

    /// <param name="serverName">As the client or the platform wrote it; null or "": none was named.</param>
    public SslServerAuthenticationOptions For(string? serverName) => options[certificates.For(ServerName.Read(serverName))] ?? first;
}
