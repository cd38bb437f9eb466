namespace Gateway.Tests;

/// <summary>
/// Published suites and corpora that are read and never copied: GATEWAY_TEST_DATA, else shared/data beside the repository. Users of the
/// project do not have them; behaviour that matters is covered by cases of our own too.
/// </summary>
internal static class TestData
{
    private const string Variable = "GATEWAY_TEST_DATA";

    /// <summary>A set's folder; skips the test where it is not there.</summary>
    public static string Folder(string set)
    {
        var root = Environment.GetEnvironmentVariable(Variable) ?? BesideTheRepository();
        var folder = root is null ? null : Path.Combine(root, set);
        Assert.SkipUnless(folder is not null && Directory.Exists(folder), $"Published test data is not here; {Variable} names the folder that holds {set}/");
        return folder!;
    }

    private static string? BesideTheRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
            {
                var data = Path.Combine(folder.Parent?.FullName ?? "", "shared", "data");
                return Directory.Exists(data) ? data : null;
            }
        }

        return null;
    }
}
