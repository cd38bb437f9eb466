using System.Text;

namespace Gateway.Core;

/// <summary>One recipient as RCPT gave it (RFC 5321 section 4.1.1.3); a source route is already left out (appendix C).</summary>
public sealed record ForwardPath(Mailbox Mailbox)
{
    /// <summary>"postmaster" in any case, with or without a domain: a server must take it (RFC 5321 section 4.5.1).</summary>
    public bool IsPostmaster => Ascii.EqualsIgnoreCase(Mailbox.LocalPart, "postmaster");

    /// <summary>
    /// Postmaster, and "abuse" at a domain, in any case: who is refused must be able to ask why, and who is harmed by our mail to say so.
    /// Of our domains these are always taken, whatever recipients, deferrals and policies say (RFC 5321 section 4.5.1, RFC 2142 section 4).
    /// The names are exact: "abuse+detail" is none of them.
    /// </summary>
    public bool IsRoleAddress => IsPostmaster || (Mailbox.Domain.Length > 0 && Ascii.EqualsIgnoreCase(Mailbox.LocalPart, "abuse"));

    /// <summary>The address without angle brackets.</summary>
    public override string ToString() => Mailbox.ToString();
}
