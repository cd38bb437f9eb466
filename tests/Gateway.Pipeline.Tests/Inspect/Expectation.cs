namespace Gateway.Pipeline.Tests.Inspect;

/// <summary>Files of Messages/ that say what must come out. With UPDATE_EXPECTED=1 they are written anew in the output folder: copy them back and read the diff.</summary>
internal static class Expectation
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Inspect", "Messages");

    public static async Task CheckAsync(string file, string actual)
    {
        var path = Path.Combine(Folder, file);
        if (Environment.GetEnvironmentVariable("UPDATE_EXPECTED") == "1")
        {
            await File.WriteAllTextAsync(path, actual, TestContext.Current.CancellationToken);
        }

        Assert.Equal((await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).ReplaceLineEndings("\n"), actual);
    }
}
