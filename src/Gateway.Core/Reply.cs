namespace Gateway.Core;

/// <summary>
/// One SMTP reply (RFC 5321 section 4.2). The text is printable ASCII and holds nothing that a client sent; '\n' separates lines.
/// A null status is left out on the wire: the greeting, EHLO's and DATA's 354 carry none (RFC 2034 section 3).
/// </summary>
public sealed record Reply(int Code, EnhancedStatusCode? Status, string Text)
{
    public bool IsAccepted => Code < 400;

    /// <summary>True for 221, 421 (RFC 5321 section 3.8) and 521 (RFC 7504): the server closes after sending it.</summary>
    public bool ClosesConnection => Code is 221 or 421 or 521;
}
