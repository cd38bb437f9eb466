namespace Gateway.Smtp;

/// <summary>What becomes of a client whom admission has no answer for: not in time, or because it failed.</summary>
public enum MissedAdmission
{
    /// <summary>It is to come back: 421 4.3.2 at the connection, else 451 4.7.0. Nobody gets in unchecked.</summary>
    TryAgain,

    /// <summary>It goes on, as if nothing had spoken against it: no mail waits for checks that are down. At RCPT it is 451 all the same, since else mail for anybody would be taken.</summary>
    GoOn,
}
