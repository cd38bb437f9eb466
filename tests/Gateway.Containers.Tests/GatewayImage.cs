using System.Text.RegularExpressions;

[assembly: AssemblyFixture(typeof(Gateway.Containers.Tests.GatewayImage))]

namespace Gateway.Containers.Tests;

/// <summary>The image of the Dockerfile, built once for all tests of this program, and gone with it. Made by the runner, only to be disposed.</summary>
public sealed partial class GatewayImage : IAsyncDisposable
{
    private static readonly string Tag = $"gateway:test-{Environment.ProcessId}";

    private static readonly Lazy<Task<string?>> Built = new(BuildAsync);

    /// <summary>Its name; the first one to ask waits for the build. Skips the test where no engine answers.</summary>
    public static async Task<string> GetAsync()
    {
        await DockerEngine.RequireAsync();
        await Built.Value;
        return Tag;
    }

    public async ValueTask DisposeAsync()
    {
        if (Built is not { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            return;
        }

        foreach (var image in (string?[])[Tag, await Built.Value])
        {
            if (image is not null)
            {
                await DockerEngine.RunAsync(["image", "rm", image], CancellationToken.None);
            }
        }
    }

    /// <returns>What the build stage came to, which a builder without BuildKit keeps as an image without a name; else null.</returns>
    private static async Task<string?> BuildAsync()
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

        var output = await DockerEngine.RunAsync([.. arguments, "."], CancellationToken.None); // no one test's: the others wait for it too
        return BuildStage().Match(output) is { Success: true } stage ? stage.Groups["id"].Value : null;
    }

    [GeneratedRegex(@"---> (?<id>[0-9a-f]{12})\s+Step \d+/\d+ : FROM \$RUNTIME_IMAGE")]
    private static partial Regex BuildStage();
}
