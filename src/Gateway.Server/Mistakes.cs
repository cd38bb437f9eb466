using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Gateway.Server;

/// <summary>What is wrong with a command line: every mistake, one sentence each, that names the option.</summary>
internal static partial class Mistakes
{
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var mistakes = new List<string>();
        mistakes.AddRange(Unknown(parsed, command));
        if (command.Subcommands.Count > 0 && mistakes.Count == 0)
        {
            mistakes.Add($"a command is missing: {Names(command)}");
        }

        mistakes.AddRange(command.Options.Select(option => Missing(option, parsed.GetResult(option))).OfType<string>());
        mistakes.AddRange(command.Arguments
            .Where(argument => argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is not { Tokens.Count: > 0 })
            .Select(argument => $"{argument.Name} is missing"));

        // Our own options name themselves; what is left over is said above in other words.
        var told = parsed.Errors.Select(error => error.Message).ToList();
        mistakes.AddRange(told.Where(message => message.StartsWith("--", StringComparison.Ordinal) || message.StartsWith("FILE ", StringComparison.Ordinal)));
        return [.. (mistakes.Count > 0 ? mistakes : told).Select(WithoutSecret)];
    }

    private static IEnumerable<string> Unknown(ParseResult parsed, Command command)
    {
        var afterOption = false;
        foreach (var token in parsed.UnmatchedTokens)
        {
            var option = token.StartsWith('-');
            if (option)
            {
                yield return $"there is no option {token}";
            }
            else if (!afterOption) // else it is, most likely, the value of the unknown option
            {
                yield return command.Subcommands.Count > 0 ? $"there is no command {token}, only {Names(command)}" : $"{token} is not expected here";
            }

            afterOption = option;
        }
    }

    private static string? Missing(Option option, OptionResult? result) => result switch
    {
        null or { Implicit: true } when option.Required => $"{option.Name} {option.HelpName} is required",
        null or { Implicit: true } => null,
        _ when result.Tokens.Count < option.Arity.MinimumNumberOfValues => $"{option.Name} needs a value: {option.HelpName}",
        _ when result.Tokens.Count > option.Arity.MaximumNumberOfValues => $"{option.Name} takes one value and has {result.Tokens.Count}",
        _ => null,
    };

    private static string Names(Command command)
    {
        var names = command.Subcommands.Select(child => child.Name).ToList();
        return names.Count == 1 ? names[0] : $"{string.Join(", ", names[..^1])} or {names[^1]}";
    }

    /// <summary>A secret in the wrong place would otherwise end up in a build's log.</summary>
    private static string WithoutSecret(string message) => Secret.Replace(message, "whsec_…");

    [GeneratedRegex(@"whsec_\S+")]
    private static partial Regex Secret { get; }
}
