using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Events;

namespace Gateway.Smtp.Protocol;

/// <summary>Our Received field (RFC 5321 section 4.4), with the protocol words of RFC 3848.</summary>
/// <remarks>
/// Whatever a client gave is already of a narrow form: the HELO name and the addresses by their parsers, the cipher by the TLS library.
/// With several recipients there is no "for": one must not learn of another.
/// </remarks>
public static class ReceivedField
{
    /// <summary>The field, folded, without its last CRLF.</summary>
    /// <param name="hostname">This server.</param>
    /// <param name="id">The message.</param>
    /// <param name="session">The client; an unknown address is written as "unknown".</param>
    /// <param name="isExtended">The client said EHLO.</param>
    /// <param name="forwardPaths">The accepted recipients.</param>
    /// <param name="receivedAt">When.</param>
    public static string Format(
        string hostname,
        MessageId id,
        SessionFacts session,
        bool isExtended,
        ImmutableArray<ForwardPath> forwardPaths,
        DateTimeOffset receivedAt)
    {
        var field = new StringBuilder("Received: from ", 320);
        field.Append(session.Helo).Append(" (").Append(TcpInfo(session.Client)).Append(")\r\n by ").Append(hostname);
        field.Append(" with ").Append(Protocol(isExtended, session.Tls is not null));
        if (session.Tls is { } tls)
        {
            field.Append("\r\n (version=").Append(tls.Version).Append(" cipher=").Append(tls.Cipher).Append(')');
        }

        field.Append("\r\n id ").Append(id);
        if (forwardPaths is [var only])
        {
            field.Append("\r\n for <").Append(only).Append('>');
        }

        return field.Append(";\r\n ").Append(receivedAt.ToUniversalTime().ToString("ddd, d MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture)).ToString();
    }

    private static string TcpInfo(ClientFacts client)
    {
        if (client.Ip is not { } ip || !IPAddress.TryParse(ip, out var address))
        {
            return "unknown";
        }

        var literal = AddressLiteral.Format(address);
        return client.Name is { } name && DomainName.IsValid(name) ? $"{name} {literal}" : literal;
    }

    private static string Protocol(bool isExtended, bool isOverTls) => (isExtended, isOverTls) switch
    {
        (true, true) => "ESMTPS",
        (true, false) => "ESMTP",
        (false, true) => "ESMTPS", // RFC 3848 has no word for HELO over TLS, and STARTTLS is an extension
        (false, false) => "SMTP",
    };
}
