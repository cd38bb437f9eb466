using System.Text;

namespace Gateway.Core;

/// <summary>One recipient as RCPT gave it (RFC 5321 section 4.1.1.3); a source route is already left out (appendix C).</summary>
public sealed record ForwardPath(Mailbox Mailbox)
{
    /// <summary>"postmaster" in any case, with or without a domain: a server must take it (RFC 5321 section 4.5.1).</summary>
    public bool IsPostmaster => Ascii.EqualsIgnoreCase(Mailbox.LocalPart, "postmaster");

    /// <summary>The address without angle brackets.</summary>
    public override string ToString() => Mailbox.ToString();
}
