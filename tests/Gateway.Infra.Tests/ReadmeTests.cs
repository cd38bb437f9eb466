using System.Text.RegularExpressions;
using Gateway.Core.Tests;

namespace Gateway.Infra.Tests;

/// <summary>The README's table of what can be set is what the templates and the hooks read.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string[] OfAzd = ["AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID", "AZURE_PRINCIPAL_TYPE", "SERVICE_SMTP_IMAGE_NAME"];

    private static readonly string[] OfHooks = ["WEBHOOK_URL", "FIRST_CONFIGURATION", "SMOKE_REQUIRED"];

    private static string Section { get; } = ReadSection();

    private static List<Match> Rows => Row().Matches(Section).ToList();

    [Fact]
    public void Each_variable_that_a_template_reads_has_a_row_and_each_row_is_read()
    {
        var outputs = Output().Matches(Read("infra/main.bicep")).Select(match => match.Groups[1].Value);
        var inputs = Variables("main").Select(variable => variable.Name);
        var read = inputs.Concat(Variables("smtp").Select(variable => variable.Name).Except(outputs, StringComparer.Ordinal))
            .Concat(OfHooks).Except(OfAzd, StringComparer.Ordinal).Distinct(StringComparer.Ordinal);
        var told = Rows.SelectMany(row => Names(row.Groups[1].Value));

        Assert.Equal(read.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Defaults_are_those_of_the_parameters_files()
    {
        var defaults = Variables("main").Concat(Variables("smtp")).Where(variable => variable.Default.Length > 0).ToDictionary(variable => variable.Name, variable => variable.Default, StringComparer.Ordinal);
        foreach (var row in Rows)
        {
            var names = Names(row.Groups[1].Value).Where(defaults.ContainsKey).ToList();
            if (names.Count > 0)
            {
                Assert.Equal(string.Join(", ", names.Select(name => defaults[name])), row.Groups[2].Value.Replace("`", "", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Each_variable_that_the_commands_set_is_in_the_table()
    {
        var set = Set().Matches(Section).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal).ToList();

        Assert.Contains("MAIL_DOMAINS", set);
        Assert.Empty(set.Except(Rows.SelectMany(row => Names(row.Groups[1].Value)), StringComparer.Ordinal));
    }

    [Fact]
    public void What_the_commands_ask_for_is_an_output() =>
        Assert.All(Get().Matches(Section).Select(match => match.Groups[1].Value), name => Assert.Contains($"output {name} string", Read("infra/main.bicep"), StringComparison.Ordinal));

    private static string ReadSection()
    {
        var text = Read("README.md");
        var start = text.IndexOf("## Deploy to Azure\n", StringComparison.Ordinal);
        return text[start..text.IndexOf("\n## ", start, StringComparison.Ordinal)];
    }

    private static IEnumerable<string> Names(string cell) => Name().Matches(cell).Select(match => match.Groups[1].Value);

    private static IEnumerable<(string Name, string Default)> Variables(string template) =>
        Variable().Matches(Read($"infra/{template}.parameters.json")).Select(match => (match.Groups[1].Value, match.Groups[2].Value));

    private static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path)).ReplaceLineEndings("\n");

    [GeneratedRegex(@"\$\{([A-Z_]+)=?([^}]*)\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^\| ((?:`[A-Z_]+`(?:, )?)+) \| .* \|(?: (.*))? \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([A-Z_]+)`")]
    private static partial Regex Name();

    [GeneratedRegex("^output ([A-Z_]+) ", RegexOptions.Multiline)]
    private static partial Regex Output();

    [GeneratedRegex("^azd env set ([A-Z_]+)", RegexOptions.Multiline)]
    private static partial Regex Set();

    [GeneratedRegex("azd env get-value ([A-Z_]+)")]
    private static partial Regex Get();
}
