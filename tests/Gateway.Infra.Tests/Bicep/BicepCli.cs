using System.Reflection;

namespace Gateway.Infra.Tests.Bicep;

/// <summary>The Bicep compiler, as NuGet brought it. It knows the types of Azure's resources by itself and asks no network.</summary>
internal static class BicepCli
{
    private static readonly string Folder = typeof(BicepCli).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "BicepFolder").Value!;

    /// <summary>Runs it to its end.</summary>
    public static Task<EndedProcess> RunAsync(params string[] arguments)
    {
        var program = Path.Combine(Folder, OperatingSystem.IsWindows() ? "bicep.exe" : "bicep");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, File.GetUnixFileMode(program) | UnixFileMode.UserExecute); // a package has no such bit
        }

        return EndedProcess.RunAsync(new(program, arguments), Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken);
    }
}
