using System.CommandLine;
using System.CommandLine.Parsing;

namespace Gateway.Server.Commands;

/// <summary>An option that is a text of some form.</summary>
internal static class TextArgument
{
    /// <param name="name">With its dashes.</param>
    /// <param name="helpName">What stands for the value in --help.</param>
    /// <param name="description">For --help.</param>
    /// <param name="objections">What is wrong with a value; the option's name is put in front.</param>
    public static Option<string?> Option(string name, string helpName, string description, Func<ArgumentResult, string, IEnumerable<string>> objections) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result => Check(result, name, objections),
    };

    /// <summary>The name of a file or directory.</summary>
    public static IEnumerable<string> Path(ArgumentResult result, string text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Contains('\0', StringComparison.Ordinal))
        {
            yield return "must name a file or directory";
        }
    }

    /// <summary>An address of HTTP.</summary>
    public static IEnumerable<string> UrlProblems(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            yield return "must be an http or https URL without user name and fragment";
        }
    }

    private static string? Check(ArgumentResult result, string name, Func<ArgumentResult, string, IEnumerable<string>> objections)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        foreach (var problem in objections(result, text))
        {
            result.AddError($"{name} {problem}");
        }

        return text;
    }
}
