namespace Gateway.Pipeline.Tests.StandIns;

/// <summary>Published test data that lies beside the repository; users of the project do not have it.</summary>
internal static class TestData
{
    public static string PathOf(string relative)
    {
        var root = Environment.GetEnvironmentVariable("GATEWAY_TEST_DATA") ?? Search();
        var path = root is null ? null : Path.Combine(root, relative);
        Assert.SkipUnless(path is not null && File.Exists(path), "published test data is not here; set GATEWAY_TEST_DATA to its directory");
        return path!;
    }

    private static string? Search()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var candidate = Path.Combine(directory.FullName, "shared", "data");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
