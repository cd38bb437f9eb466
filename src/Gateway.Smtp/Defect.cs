namespace Gateway.Smtp;

/// <summary>What may be tolerated in a session and is told in the event: the whole set.</summary>
internal static class Defect
{
    /// <summary>Octets above ASCII, and MAIL declared neither BODY=8BITMIME nor SMTPUTF8 (RFC 6152 section 3).</summary>
    public const string EightBitUndeclared = "eight_bit_undeclared";

    /// <summary>A NUL in the content (RFC 5321 section 2.3.8 and RFC 5322 section 2.3 allow none).</summary>
    public const string NulOctet = "nul_octet";

    /// <summary>A CR without LF or a LF without CR (RFC 5321 section 2.3.8).</summary>
    public const string BareLineEnding = "bare_line_ending";

    /// <summary>A message in chunks that does not end with CRLF though it is not BODY=BINARYMIME (RFC 3030 section 3).</summary>
    public const string NoFinalLineEnd = "no_final_crlf";

    /// <summary>A line of more than 1,000 octets (RFC 5321 section 4.5.3.1.6).</summary>
    public const string LongLine = "long_line";

    /// <summary>Admission found more than an event has room for.</summary>
    public const string EvidenceCut = "evidence_cut";
}
