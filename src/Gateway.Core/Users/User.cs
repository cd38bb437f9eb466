namespace Gateway.Core.Users;

/// <summary>Who may submit mail after AUTH (RFC 4954).</summary>
/// <param name="Name">
/// The authentication identity, compared exactly: 1 to 128 letters, digits, '.', '_', '-', '+' and '@'. What SCRAM would have to escape (',' and '=') and
/// what a log line would have to encode is left out, and so is what SASLprep would change.
/// </param>
/// <param name="Verifier">Of the password.</param>
public sealed record User(string Name, ScramVerifier Verifier)
{
    public const int MaxNameLength = 128;

    /// <summary>Users in one configuration; our own.</summary>
    public const int Most = 1_000;

    /// <summary>What is wrong with a name, to be put behind the name of the place; null when nothing is.</summary>
    public static string? ProblemOf(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+' or '@')
            ? null
            : "must be 1 to 128 letters, digits, '.', '_', '-', '+' or '@'";
}
