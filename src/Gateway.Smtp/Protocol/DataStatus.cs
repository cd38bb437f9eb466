namespace Gateway.Smtp.Protocol;

/// <summary>How far the message has been read, by DATA or by BDAT, and what is wrong with it.</summary>
public enum DataStatus
{
    NeedMore,

    /// <summary>At the end of a chunk (RFC 3030 section 2) that is not the last.</summary>
    ChunkComplete,

    /// <summary>At the end of the message; nothing is wrong.</summary>
    Complete,

    /// <summary>At the end of the message; it had more octets than the limit.</summary>
    TooLarge,

    /// <summary>At the end of the message; a line was longer than is tolerated.</summary>
    LineTooLong,

    /// <summary>
    /// A CR without LF or a LF without CR. In DATA at once, for nothing after it can be trusted; in BDAT at the end of the message, which is
    /// known by count.
    /// </summary>
    BadLineEnding,

    /// <summary>At the end of the message; it had a NUL.</summary>
    ContainsNul,
}
