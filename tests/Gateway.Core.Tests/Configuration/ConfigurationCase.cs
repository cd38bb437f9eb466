namespace Gateway.Core.Tests.Configuration;

/// <summary>
/// A document of Cases/, and what is wrong with it: <c>NN-name.errors</c> has a line "path: reason" for each error, in order; without
/// that file the document is valid. "# beyond schema: why" in it says that gateway.schema.json cannot express the error.
/// </summary>
internal sealed record ConfigurationCase(string Name, byte[] Document, string[] Errors, bool BeyondSchema)
{
    private static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Configuration", "Cases");

    public static TheoryData<string> Names() =>
        [.. Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];

    public static ConfigurationCase Read(string name)
    {
        var errors = Path.Combine(Folder, $"{name}.errors");
        var lines = File.Exists(errors) ? File.ReadAllLines(errors) : [];
        return new(
            name,
            File.ReadAllBytes(Path.Combine(Folder, $"{name}.json")),
            [.. lines.Where(line => !line.StartsWith('#'))],
            lines.Any(line => line.StartsWith("# beyond schema: ", StringComparison.Ordinal)));
    }
}
