using static Gateway.Smtp.Protocol.SessionState;
using static Gateway.Smtp.Protocol.Verb;

namespace Gateway.Smtp.Protocol;

/// <summary>How far the dialogue has come.</summary>
public enum SessionState
{
    /// <summary>The greeting was a refusal that keeps the connection: only QUIT is taken (RFC 5321 section 3.1).</summary>
    Refused,

    /// <summary>Greeted by us, not yet by the client; also after STARTTLS.</summary>
    Connected,

    /// <summary>EHLO or HELO was taken and no transaction is open.</summary>
    Greeted,
    MailGiven,
    RcptGiven,

    /// <summary>A chunk was taken that was not the last: until it comes the message is not whole (RFC 3030 section 2).</summary>
    Chunking,
}

/// <summary>The order of commands (RFC 5321 section 4.1.4).</summary>
public static class StateTable
{
    /// <summary>The state after <paramref name="verb"/> is accepted in <paramref name="state"/>, or null when it is out of order: 503.</summary>
    public static SessionState? Next(SessionState state, Verb verb) => (verb, state) switch
    {
        (Quit, _) => state,
        (_, Refused) => null,
        (Noop or Vrfy or Help, _) => state,
        (Helo or Ehlo, _) => Greeted,
        (Rset, Connected) => Connected,
        (Rset, _) => Greeted,
        (StartTls, Greeted) => Connected, // forget all that the client said: RFC 3207 section 4.2
        (Auth, Greeted) => Greeted,
        (Mail, Greeted) => MailGiven,
        (Rcpt, MailGiven or RcptGiven) => RcptGiven,
        (Bdat, RcptGiven or Chunking) => Chunking, // Greeted when it was the last
        (Data, RcptGiven) => Greeted, // the transaction ends with the data, whatever the final reply
        _ => null,
    };
}
