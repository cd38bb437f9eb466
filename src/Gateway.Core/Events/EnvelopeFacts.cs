using System.Collections.Immutable;

namespace Gateway.Core.Events;

/// <summary>The envelope and greeting as the session knew them (RFC 5321 section 2.3.1).</summary>
public sealed record EnvelopeFacts
{
    /// <summary>Reverse-path without brackets; "" is the null reverse-path.</summary>
    public required string From { get; init; }

    /// <summary>
    /// In a received event every accepted recipient; in a delivery only those whose deliveries of this message go to the same endpoint,
    /// so that one tenant never learns of another's blind copy.
    /// </summary>
    public required ImmutableArray<string> Recipients { get; init; }

    /// <summary>What the client called itself in EHLO or HELO.</summary>
    public required string Helo { get; init; }

    /// <summary>SMTPUTF8 was given at MAIL (RFC 6531).</summary>
    public bool SmtpUtf8 { get; init; }

    /// <summary>What BODY= declared.</summary>
    public BodyType Body { get; init; }
}
