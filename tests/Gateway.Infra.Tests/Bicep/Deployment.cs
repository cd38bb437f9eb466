using System.Text.Json;
using Gateway.Core.Tests;

namespace Gateway.Infra.Tests.Bicep;

/// <summary>What a template comes to with given parameters, all its modules and conditions worked out by the compiler itself.</summary>
internal sealed record Deployment(IReadOnlyList<PlannedResource> Resources, JsonElement Outputs)
{
    public const string Location = "westeurope";

    /// <param name="template">In infra, e.g. <c>main.bicep</c>.</param>
    /// <param name="parameters">All of them are text.</param>
    public static async Task<Deployment> PlanAsync(string template, IReadOnlyDictionary<string, string> parameters)
    {
        using var folder = new TestDirectory();
        var path = Path.GetRelativePath(folder.Path, Path.Combine(Repository.Root, "infra", template)).Replace('\\', '/');
        var file = folder.Write("test.bicepparam", string.Join('\n', parameters.Select(pair => $"param {pair.Key} = '{pair.Value}'").Prepend($"using '{path}'")));
        string[] scope = template == "main.bicep" ? [] : ["--resource-group", "rg-test"];
        var (code, _, error) = await BicepCli.RunAsync(
            ["snapshot", file, "--mode", "overwrite", "--subscription-id", "00000000-0000-0000-0000-000000000001", "--location", Location, .. scope]);
        Assert.True(code == 0, error); // what it warns of, the build of the template says too

        var root = JsonElement.Parse(await File.ReadAllTextAsync(folder.File("test.snapshot.json"), TestContext.Current.CancellationToken));
        Assert.Equal(0, root.GetProperty("diagnostics").GetArrayLength());
        return new([.. root.GetProperty("predictedResources").EnumerateArray().Select(PlannedResource.Of)], root.GetProperty("outputs"));
    }

    /// <summary>All of a type; at least one, so that a test over them is about something.</summary>
    public IReadOnlyList<PlannedResource> All(string type)
    {
        var all = Resources.Where(resource => resource.Type == type).ToList();
        Assert.NotEmpty(all);
        return all;
    }

    public PlannedResource One(string type) => Assert.Single(All(type));
}
