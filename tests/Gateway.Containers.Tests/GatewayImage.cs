namespace Gateway.Containers.Tests;

/// <summary>The image of the Dockerfile, built once for all tests of this program.</summary>
internal static class GatewayImage
{
    private const string Tag = "gateway:test";

    private static readonly Lazy<Task<string>> Built = new(BuildAsync);

    /// <summary>Its name; the first one to ask waits for the build. Skips the test where no engine answers.</summary>
    public static async Task<string> GetAsync()
    {
        await DockerEngine.RequireAsync();
        return await Built.Value;
    }

    private static async Task<string> BuildAsync()
    {
        List<string> arguments = ["build", "--tag", Tag];
        if (ImageNames.Sdk is { } sdk)
        {
            arguments.AddRange(["--build-arg", $"SDK_IMAGE={sdk}"]);
        }

        if (ImageNames.Runtime is { } runtime)
        {
            arguments.AddRange(["--build-arg", $"RUNTIME_IMAGE={runtime}"]);
        }

        if (DockerEngine.IsHostNetworkOnly)
        {
            arguments.AddRange(["--network", ImageNames.Sdk is null ? "host" : "none"]); // a stand-in has the packages in it
        }

        await DockerEngine.RunAsync([.. arguments, "."], CancellationToken.None); // no one test's: the others wait for it too
        return Tag;
    }
}
