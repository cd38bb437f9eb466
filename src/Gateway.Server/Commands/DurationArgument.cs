using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Gateway.Server.Commands;

/// <summary>An option that is a length of time: a number and ms, s, m, h or d.</summary>
internal static class DurationArgument
{
    public static Option<TimeSpan> Option(string name, TimeSpan otherwise, TimeSpan most, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        DefaultValueFactory = _ => otherwise,
        CustomParser = result => Parse(result, name, most),
    };

    /// <summary>"7d", "2s", "500ms"; null for anything else.</summary>
    internal static TimeSpan? Parse(string text)
    {
        var unit = text.TrimStart("0123456789".ToCharArray());
        if (unit.Length == text.Length || !int.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        return unit switch
        {
            "ms" => TimeSpan.FromMilliseconds(count),
            "s" => TimeSpan.FromSeconds(count),
            "m" => TimeSpan.FromMinutes(count),
            "h" => TimeSpan.FromHours(count),
            "d" when count <= 100_000 => TimeSpan.FromDays(count),
            _ => null,
        };
    }

    private static TimeSpan Parse(ArgumentResult result, string name, TimeSpan most)
    {
        if (Parse(result.Tokens.Count == 1 ? result.Tokens[0].Value : "") is { } time && time <= most)
        {
            return time;
        }

        result.AddError($"{name} must be a time such as 500ms, 2s, 30m, 12h or 7d, at most {most.TotalHours:0.##}h");
        return default;
    }
}
