namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>What must hold for every dialogue, whatever a client sends.</summary>
internal enum Invariant
{
    /// <summary>The server logs no error, and nothing secret.</summary>
    Log,

    /// <summary>Each reply is a reply, in form and in what it says.</summary>
    Form,

    /// <summary>Nothing that a client sent is said back to it.</summary>
    Echo,

    /// <summary>Each command, message and chunk has one reply, and nothing else has one.</summary>
    Account,

    /// <summary>Each reply that is due comes, and in the end the connection closes.</summary>
    End,

    /// <summary>What was answered 250 was committed octet for octet, and nothing else was.</summary>
    Message,

    /// <summary>When all are gone nothing is held any more.</summary>
    Leak,
}

/// <summary>An invariant does not hold.</summary>
internal sealed class ViolationException(Invariant invariant, string message) : Exception($"{invariant}: {message}")
{
    public Invariant Invariant { get; } = invariant;
}
