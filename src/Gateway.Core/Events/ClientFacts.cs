using System.Text.Json.Serialization;

namespace Gateway.Core.Events;

/// <summary>How the client's address became known.</summary>
public enum ClientSource
{
    /// <summary>Hidden, by a NAT or a proxy that does not tell. Nothing is guessed from it.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,

    /// <summary>The other end of the TCP connection.</summary>
    [JsonStringEnumMemberName("socket")]
    Socket,

    /// <summary>A PROXY header of a trusted peer.</summary>
    [JsonStringEnumMemberName("proxy")]
    Proxy,
}

/// <summary>Who connected: a fact, or absent.</summary>
/// <param name="Ip">IPv4 or IPv6 text form, an IPv4-mapped address as IPv4; null if and only if the source is unknown.</param>
/// <param name="Source">How the address became known.</param>
/// <param name="Name">The reverse-and-forward confirmed name (iprev, RFC 8601 section 3); null while not looked up or not confirmed.</param>
/// <param name="User">Who it is by AUTH (RFC 4954), a name of the configuration; null: it did not say, as servers of others do not.</param>
public sealed record ClientFacts(string? Ip, ClientSource Source, string? Name = null, string? User = null);
