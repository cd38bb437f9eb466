using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gateway.Functions.Tests;

/// <summary>`dotnet publish`, which a deployment runs: with the package and never with its stand-in.</summary>
[Trait("Category", "slow")]
public sealed partial class PublishTests(Checkout checkout) : IClassFixture<Checkout>
{
    private const string Extension = "Microsoft.Azure.Functions.Worker.Extensions.ServiceBus";
    private const string Another = "Microsoft.Azure.Functions.Worker.Extensions.Timer";

    [Theory]
    [InlineData]
    [InlineData("-p:ServiceBusExtension=official")]
    public async Task It_takes_the_package_and_where_the_feed_has_none_says_so(params string[] properties)
    {
        var (exitCode, lines) = await checkout.PublishAsync(properties);
        if (exitCode == 0)
        {
            var extensions = JsonNode.Parse(File.ReadAllText(Path.Combine(checkout.Published, "extensions.json")))!["extensions"]!.AsArray();
            Assert.Contains(extensions, extension => ((string?)extension!["typeName"])!.Contains("Microsoft.Azure.WebJobs.Extensions.ServiceBus", StringComparison.Ordinal));
            AssertIsWhole();
            return;
        }

        var errors = Errors(lines);
        var ours = Assert.Single(errors, error => error.Code.Length == 0);
        Assert.Equal(
            $"This package feed has no {Extension}, which a deployment needs: publish on a machine whose feed is nuget.org, or build and test with ServiceBusExtension=shim.",
            ours.Text);
        var nuGets = errors.Where(error => error.Code.Length > 0).ToArray();
        Assert.NotEmpty(nuGets);
        Assert.All(nuGets, error =>
        {
            Assert.Contains(error.Code, (string[])["NU1101", "NU1102", "NU1103"]);
            Assert.Contains(Extension, error.Text, StringComparison.Ordinal);
        });
    }

    /// <summary>To be told of the extension would send somebody the wrong way.</summary>
    [Fact]
    public async Task Another_package_that_is_missing_speaks_for_itself()
    {
        using var broken = new Checkout();
        broken.Break("functions/Gateway.Functions/Gateway.Functions.csproj", $"""<PackageReference Include="{Extension}" Condition="'$(ServiceBusExtension)' == 'official'" />""", "");
        broken.Break("Directory.Packages.props", $"\"{Another}\" Version=\"", $"\"{Another}\" Version=\"9999");
        var (exitCode, lines) = await broken.PublishAsync("-p:ServiceBusExtension=official");
        Assert.Equal(1, exitCode);
        var errors = Errors(lines); // NuGet's goes on to which versions there are
        Assert.All(errors, error => Assert.Equal("NU1102", error.Code)); // ours has no code
        Assert.Contains(errors, error => error.Text.Contains(Another, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_stand_in_is_refused()
    {
        var (exitCode, lines) = await checkout.PublishAsync("-p:ServiceBusExtension=shim");
        Assert.Equal(1, exitCode);
        var error = Assert.Single(Errors(lines));
        Assert.Equal("Built with the stand-in for the Service Bus extension, which a deployed Functions host does not know: publish with ServiceBusExtension=official.", error.Text);
        Assert.False(File.Exists(Path.Combine(checkout.Published, "Gateway.Functions.dll")));
    }

    [Fact]
    public async Task The_stand_in_is_published_when_asked_for_by_name()
    {
        var (exitCode, lines) = await checkout.PublishAsync("-p:ServiceBusExtension=shim", "-p:AllowShimPublish=true");
        Assert.True(exitCode == 0, string.Join('\n', lines));
        AssertIsWhole();

        // Other versions than asked for would be served elsewhere than here. The project that the Functions SDK writes has some of its own.
        string[] ours = [.. ((string[])["src", "functions"]).Select(folder => Path.Combine(checkout.Root, folder) + Path.DirectorySeparatorChar)];
        Assert.DoesNotContain(lines, line => Array.Exists(ours, folder => line.StartsWith(folder, StringComparison.Ordinal)) && OtherVersion().IsMatch(line));
    }

    /// <summary>`func start` and `func azure functionapp publish` build into these.</summary>
    [Theory]
    [InlineData("bin/output")]
    [InlineData("bin/publish")]
    public async Task A_build_for_Core_Tools_is_refused_the_stand_in(string folder)
    {
        var (exitCode, lines) = await checkout.BuildAsync(folder);
        Assert.Equal(1, exitCode);
        Assert.Equal(
            "Core Tools run and deploy this build, and a Functions host does not know the stand-in for the Service Bus extension: set ServiceBusExtension=official in the environment.",
            Assert.Single(Errors(lines)).Text);
    }

    [Fact]
    public async Task A_mistyped_mode_is_told()
    {
        var (exitCode, lines) = await checkout.PublishAsync("-p:ServiceBusExtension=oficial");
        Assert.Equal(1, exitCode);
        Assert.Equal(["ServiceBusExtension is \"oficial\"; it must be shim or official."], Errors(lines).Select(error => error.Text).Distinct());
    }

    private void AssertIsWhole()
    {
        string[] files = [.. Directory.EnumerateFiles(checkout.Published, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(checkout.Published, file))];
        Assert.Superset(new HashSet<string>(["Gateway.Functions.dll", "host.json", "functions.metadata", "worker.config.json", "extensions.json"]), files.ToHashSet());
        Assert.DoesNotContain(files, file => file.Contains("local.settings", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(files, file => File.ReadAllText(Path.Combine(checkout.Published, file)).Contains(Checkout.Secret, StringComparison.Ordinal));
    }

    private static List<(string Code, string Text)> Errors(string[] lines) =>
        [.. lines.Select(line => Error().Match(line)).Where(match => match.Success).Select(match => (match.Groups["code"].Value, match.Groups["text"].Value)).Distinct()];

    [GeneratedRegex(@": error (?<code>[A-Z]*\d*) ?: (?<text>.+?)( \[[^\]]+\])?$")]
    private static partial Regex Error();

    [GeneratedRegex("NU160[35]")]
    private static partial Regex OtherVersion();
}
