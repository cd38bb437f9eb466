using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Commands;

/// <summary>The option --log-level.</summary>
internal static class LevelArgument
{
    private const string Name = "--log-level";

    private static readonly Dictionary<string, LogLevel> Levels =
        Enum.GetValues<LogLevel>().ToDictionary(level => level.ToString(), StringComparer.OrdinalIgnoreCase);

    public static Option<LogLevel> Option(LogLevel otherwise = LogLevel.Warning) => new(Name)
    {
        Description = "Least level of log lines on standard error: trace, debug, information, warning, error, critical or none.",
        HelpName = "LEVEL",
        DefaultValueFactory = _ => otherwise,
        CustomParser = Parse,
    };

    private static LogLevel Parse(ArgumentResult result)
    {
        if (Levels.TryGetValue(result.Tokens.Count == 1 ? result.Tokens[0].Value : "", out var level))
        {
            return level;
        }

        result.AddError($"{Name} must be trace, debug, information, warning, error, critical or none");
        return default;
    }
}
