using System.Text;
using System.Text.RegularExpressions;
using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Architecture;

/// <summary>What the documents name is there, and their examples are valid.</summary>
public sealed partial class DocumentTests
{
    [Theory]
    [InlineData("src/ARCHITECTURE.md")]
    [InlineData("src/RFCS.md")]
    public void Files_and_tests_that_a_document_names_exist(string document)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, document));
        var files = new[] { "src", "functions", "tests" }.SelectMany(FilesUnder).Select(Path.GetFileName).ToHashSet(StringComparer.Ordinal);
        var named = SourceFile().Matches(text).Select(match => Path.GetFileName(match.Groups[1].Value))
            .Concat(TestClass().Matches(text).Select(match => match.Groups[1].Value + ".cs"))
            .ToArray();
        Assert.True(named.Length > 20, "The patterns find nothing any more");
        Assert.DoesNotContain(named, name => !files.Contains(name));
    }

    [Fact]
    public void Links_in_the_readme_lead_to_files()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        var links = RelativeLink().Matches(text).Select(match => match.Groups[1].Value).ToArray();
        Assert.NotEmpty(links);
        Assert.DoesNotContain(links, link => !File.Exists(Path.Combine(Repository.Root, link)));
    }

    [Fact]
    public void Configurations_in_the_readme_are_valid_and_without_warnings()
    {
        var examples = JsonBlock().Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md"))).Select(match => match.Groups[1].Value).ToArray();
        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            var result = ConfigurationDocument.Parse(Encoding.UTF8.GetBytes(example));
            Assert.Empty(result.Errors);
            Assert.Empty(result.Warnings);
        }
    }

    private static IEnumerable<string> FilesUnder(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories);

    [GeneratedRegex(@"`([A-Za-z./-]+\.(?:cs|json))`")]
    private static partial Regex SourceFile();

    [GeneratedRegex(@"`([A-Z][A-Za-z]+Tests)`")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"\]\((?!https?:)([^)#]+)\)")]
    private static partial Regex RelativeLink();

    [GeneratedRegex(@"```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex JsonBlock();
}
