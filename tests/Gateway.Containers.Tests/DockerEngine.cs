using System.ComponentModel;

namespace Gateway.Containers.Tests;

/// <summary>The container engine that the environment names, by its command line: what a test library does not do, as a user would.</summary>
internal static class DockerEngine
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(15);

    /// <summary>A build fetches packages, and pulls may have gigabytes.</summary>
    private static readonly TimeSpan CommandLimit = TimeSpan.FromMinutes(15);

    private static readonly Lazy<Task<string?>> Problem = new(FindProblemAsync);

    /// <summary>Containers are to share the machine's network, because the engine has no other: <c>host</c>; else unset.</summary>
    public static bool IsHostNetworkOnly => Environment.GetEnvironmentVariable("GATEWAY_TEST_NETWORK") == "host";

    /// <summary>Skips the test where no engine answers.</summary>
    public static async Task RequireAsync()
    {
        var problem = await Problem.Value;
        Assert.SkipWhen(problem is not null, $"No container engine answers: {problem}");
    }

    /// <returns>What it wrote on standard output.</returns>
    /// <exception cref="InvalidOperationException">Another exit code than 0; with what it wrote.</exception>
    public static async Task<string> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var (exitCode, output, errors) = await TryAsync(arguments, cancel);
        return exitCode == 0 ? output : throw new InvalidOperationException($"docker {string.Join(' ', arguments)} ended with {exitCode}:\n{output}\n{errors}");
    }

    /// <summary>One value of what the engine knows of a container or an image, by a Go template.</summary>
    public static async Task<string> InspectAsync(string what, string template, CancellationToken cancel) =>
        (await RunAsync(["inspect", "--format", template, what], cancel)).Trim();

    /// <exception cref="TimeoutException">It takes longer than any of this should.</exception>
    public static Task<EndedProcess> TryAsync(IReadOnlyList<string> arguments, CancellationToken cancel) =>
        EndedProcess.RunAsync(new("docker", arguments) { WorkingDirectory = Repository.Root }, CommandLimit, cancel);

    private static async Task<string?> FindProblemAsync()
    {
        using var limit = new CancellationTokenSource(AnswerLimit);
        try
        {
            var (exitCode, output, errors) = await TryAsync(["version", "--format", "{{.Server.Os}}"], limit.Token);
            return (exitCode, output.Trim()) switch
            {
                (0, "linux") => null,
                (0, var system) => $"it runs containers of {system}",
                _ => errors.Trim(),
            };
        }
        catch (Win32Exception)
        {
            return "docker is not installed";
        }
        catch (OperationCanceledException)
        {
            return $"nothing came within {AnswerLimit.TotalSeconds} seconds";
        }
    }
}
