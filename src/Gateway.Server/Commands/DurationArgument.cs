using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Gateway.Server.Commands;

/// <summary>An option that is a length of time: a number and ms, s, m, h or d.</summary>
internal static class DurationArgument
{
    /// <summary>All three times as the user would write them.</summary>
    public static Option<Duration> Option(string name, string otherwise, string least, string most, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        DefaultValueFactory = _ => new(Parse(otherwise)!.Value, otherwise),
        CustomParser = result => Parse(result, name, least, most),
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

    private static Duration? Parse(ArgumentResult result, string name, string least, string most)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (Parse(text) is { } time && time >= Parse(least) && time <= Parse(most))
        {
            return new(time, text);
        }

        result.AddError($"{name} must be a time from {least} to {most}, such as 500ms, 2s, 30m, 12h or 7d");
        return null;
    }
}

/// <summary>A length of time, and how it was written.</summary>
internal sealed record Duration(TimeSpan Time, string Text)
{
    public override string ToString() => Text;
}
