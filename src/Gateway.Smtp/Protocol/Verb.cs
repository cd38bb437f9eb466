namespace Gateway.Smtp.Protocol;

/// <summary>The commands that a session knows (RFC 5321 section 4.1.1, RFC 3030, RFC 3207, RFC 4954).</summary>
public enum Verb
{
    /// <summary>Not a command of SMTP, or not one that this server has heard of.</summary>
    Unknown,

    /// <summary>A command of SMTP that this server does not offer: 502 instead of 500 (RFC 5321 section 4.2.4).</summary>
    Unimplemented,
    Helo,
    Ehlo,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Noop,
    Vrfy,
    Help,
    StartTls,
    Auth,
    Quit,
}
