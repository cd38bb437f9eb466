namespace Gateway.Functions.Tests;

/// <summary>A copy of what the app is built from, so that a publish, with local settings beside the sources as on a developer's machine, disturbs no other build.</summary>
public sealed class Checkout : IDisposable
{
    /// <summary>In a developer's local settings: may be nowhere in what is published.</summary>
    public const string Secret = "hunter2hunter2";

    private readonly TestDirectory _folder = new();

    public Checkout()
    {
        foreach (var name in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json", ".editorconfig"])
        {
            File.Copy(Path.Combine(Repository.Root, name), _folder.File(name));
        }

        foreach (var name in (string[])["src", "functions"])
        {
            Copy(Path.Combine(Repository.Root, name), _folder.File(name));
        }

        File.WriteAllText(Path.Combine(_folder.Path, "functions", "Gateway.Functions", "local.settings.json"), $$"""{ "Values": { "Bus": "{{Secret}}" } }""");
    }

    public string Root => _folder.Path;

    public string Published => _folder.File("published");

    /// <summary>Changes a text of the copy.</summary>
    internal void Break(string file, string text, string by)
    {
        var path = Path.Combine(Root, file);
        var before = File.ReadAllText(path);
        Assert.Contains(text, before, StringComparison.Ordinal);
        File.WriteAllText(path, before.Replace(text, by, StringComparison.Ordinal));
    }

    /// <summary>As azd runs it: `dotnet publish PROJECT -c Release --output FOLDER`.</summary>
    /// <remarks>Into an empty folder.</remarks>
    /// <param name="properties">Besides: <c>-p:NAME=VALUE</c>.</param>
    internal async Task<(int ExitCode, string[] Lines)> PublishAsync(params string[] properties)
    {
        if (Directory.Exists(Published))
        {
            Directory.Delete(Published, recursive: true);
        }

        return await RunAsync(Root, ["publish", "functions/Gateway.Functions", "-c", "Release", "--output", Published, "--tl:off", .. properties]);
    }

    /// <summary>As Core Tools do: `dotnet build --output FOLDER`, in the app's folder.</summary>
    internal Task<(int ExitCode, string[] Lines)> BuildAsync(string folder) =>
        RunAsync(Path.Combine(Root, "functions", "Gateway.Functions"), ["build", "--output", folder, "--tl:off"]);

    public void Dispose() => _folder.Dispose();

    private static async Task<(int ExitCode, string[] Lines)> RunAsync(string folder, string[] arguments)
    {
        var (exitCode, output, error) = await BuiltApp.RunAsync(folder, [], arguments);
        return (exitCode, (output + error).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }

        foreach (var folder in Directory.EnumerateDirectories(from))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }
}
