using System.CommandLine;
using System.Globalization;
using System.Text;
using Gateway.Core.Users;
using Gateway.Server.Console;

namespace Gateway.Server.Commands;

/// <summary><c>gateway users hash</c>: makes what the configuration keeps of a password. The password comes by standard input: arguments are seen by others.</summary>
internal static class UsersCommand
{
    private const int MinPasswordOctets = 8; // NIST SP 800-63B section 5.1.1.1

    private static readonly Option<string?> Name = BuildName();

    private static readonly Option<int> Iterations = BuildIterations();

    /// <summary>Takes all that is too much, so that a password among it is not repeated in a complaint.</summary>
    private static readonly Argument<string[]> Nothing = new("NOTHING")
    {
        Hidden = true,
        Arity = ArgumentArity.ZeroOrMore,
        CustomParser = result =>
        {
            result.AddError("only --name and --iterations are taken here; the password is the first line of standard input, never an argument");
            return [];
        },
    };

    public static Command Build()
    {
        var hash = new Command("hash", "Make an element of \"users\" in the configuration. The password is the first line of standard input; a terminal is asked for it.")
        {
            Name, Iterations, Nothing,
        };
        hash.SetAction(RunAsync);
        return new("users", "Work with users, who may submit mail.") { hash };
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var password = System.Console.IsInputRedirected
            ? PasswordInput.ReadLine(System.Console.OpenStandardInput(), ScramVerifier.MaxPasswordOctets)
            : PasswordInput.AskTwice(() => System.Console.ReadKey(intercept: true), error) ?? throw new UsageException("the two passwords differ");
        if (ProblemOf(password) is { } problem)
        {
            throw new UsageException($"the password {problem}");
        }

        if (!Ascii.IsValid(password))
        {
            await error.WriteLineAsync("gateway: warning: the password has characters outside ASCII; it is compared octet by octet, and some clients send these in another form");
        }

        var verifier = ScramVerifier.Create(password, parsed.GetValue(Iterations));
        await output.WriteLineAsync($$"""{ "name": "{{parsed.GetValue(Name)}}", "verifier": "{{verifier.ToSecretText()}}" }""");
        return ExitCode.Ok;
    }

    private static string? ProblemOf(byte[] password) =>
        password.Length == 0 ? "is missing: it is the first line of standard input"
        : password.Length < MinPasswordOctets ? $"must have at least {MinPasswordOctets} octets"
        : password.Length > ScramVerifier.MaxPasswordOctets ? $"must have at most {ScramVerifier.MaxPasswordOctets} octets"
        : !System.Text.Unicode.Utf8.IsValid(password) ? "must be UTF-8"
        : Encoding.UTF8.GetString(password).EnumerateRunes().Any(IsInvisible) ? "must hold no control characters and nothing else that cannot be seen"
        : null;

    private static bool IsInvisible(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format;

    private static Option<string?> BuildName()
    {
        var option = TextArgument.Option("--name", "NAME", "The name to log in with.", (_, text) => User.ProblemOf(text) is { } problem ? [problem] : []);
        option.DefaultValueFactory = _ => "app-1";
        return option;
    }

    private static Option<int> BuildIterations() => new("--iterations")
    {
        Description = "How often the password is hashed: what a guess costs whoever gets the configuration, and what a login by PLAIN or LOGIN costs this server.",
        HelpName = "N",
        DefaultValueFactory = _ => ScramVerifier.DefaultIterations,
        CustomParser = result =>
        {
            if (result.Tokens is [var token]
                && int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count is >= ScramVerifier.MinIterations and <= ScramVerifier.MaxIterations)
            {
                return count;
            }

            result.AddError($"--iterations must be {ScramVerifier.MinIterations} to {ScramVerifier.MaxIterations}");
            return 0;
        },
    };
}
