using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Events;

namespace Gateway.Smtp.Protocol;

/// <summary>Our Received field (RFC 5321 section 4.4), with the protocol words of RFC 3848 and RFC 6531.</summary>
/// <remarks>
/// Whatever a client gave is already of a narrow form: the HELO name and the addresses by their parsers, the cipher by the TLS library.
/// With several recipients there is no "for": one must not learn of another. Domains are A-labels; a local-part in other letters than ASCII is written in
/// UTF-8, which only a message that was sent with SMTPUTF8 may have in its header (RFC 6532).
/// </remarks>
public static class ReceivedField
{
    /// <summary>The field, folded, without its last CRLF.</summary>
    /// <param name="hostname">This server.</param>
    /// <param name="id">The message.</param>
    /// <param name="session">The client; an unknown address is written as "unknown".</param>
    /// <param name="kind">How the client spoke.</param>
    /// <param name="forwardPaths">The accepted recipients.</param>
    /// <param name="receivedAt">When.</param>
    public static string Format(
        string hostname,
        MessageId id,
        SessionFacts session,
        TransferKind kind,
        ImmutableArray<ForwardPath> forwardPaths,
        DateTimeOffset receivedAt)
    {
        var field = new StringBuilder("Received: from ", 320);
        field.Append(session.Helo).Append(" (").Append(TcpInfo(session.Client)).Append(")\r\n by ").Append(hostname);
        field.Append(" with ").Append(Protocol(kind, session.Tls is not null));
        if (session.Tls is { } tls)
        {
            field.Append("\r\n (version=").Append(tls.Version).Append(" cipher=").Append(tls.Cipher).Append(')');
        }

        field.Append("\r\n id ").Append(id);
        if (forwardPaths is [var only] && only.ToString() is var recipient && (kind.IsUtf8 || Ascii.IsValid(recipient)))
        {
            field.Append("\r\n for <").Append(recipient).Append('>');
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

    // The registry has no word for HELO over TLS, and STARTTLS is an extension; AUTH and SMTPUTF8 are too.
    private static string Protocol(TransferKind kind, bool isOverTls) => (kind.IsUtf8, isOverTls, kind.IsAuthenticated) switch
    {
        (true, true, true) => "UTF8SMTPSA",
        (true, true, false) => "UTF8SMTPS",
        (true, false, true) => "UTF8SMTPA",
        (true, false, false) => "UTF8SMTP",
        (false, true, true) => "ESMTPSA",
        (false, true, false) => "ESMTPS",
        (false, false, true) => "ESMTPA",
        (false, false, false) => kind.IsExtended ? "ESMTP" : "SMTP",
    };
}

/// <summary>What the word behind "with" tells of a client, but for TLS.</summary>
/// <param name="IsExtended">It said EHLO.</param>
/// <param name="IsAuthenticated">It showed who it is (RFC 4954).</param>
/// <param name="IsUtf8">The transaction is one with SMTPUTF8 (RFC 6531).</param>
public readonly record struct TransferKind(bool IsExtended, bool IsAuthenticated, bool IsUtf8);
