namespace Gateway.Smtp.Protocol;

/// <summary>
/// What is done with a CR that no LF follows, with a LF that no CR precedes, and with a NUL in a message (RFC 5321 section 2.3.8 forbids the
/// first two, RFC 5322 section 2.2 and RFC 6152 section 3 the third). Not asked with BODY=BINARYMIME, where every octet is right (RFC 3030).
/// </summary>
public enum BareLineEndings
{
    /// <summary>The message is refused. In DATA the connection is closed as well: where the message ends would be guesswork.</summary>
    Refuse,

    /// <summary>The message is stored as it was sent, with defects. Even so they end neither a line nor the message.</summary>
    Accept,
}
