using System.Diagnostics;
using System.Reflection;

namespace Gateway.Functions.Tests;

/// <summary>The app as its own build left it, and `dotnet` run on it.</summary>
internal static class BuiltApp
{
    /// <summary>Gateway.Functions.dll among all that a Functions host needs.</summary>
    public static string Path { get; } = typeof(BuiltApp).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(fact => fact.Key == "App").Value!;

    /// <summary>A file of the app's build.</summary>
    public static string File(string name) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, name);

    /// <summary>Runs `dotnet` with nothing in its environment that is about this test run, and with no server process left behind.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="environment">What is set besides.</param>
    /// <param name="arguments">Each one.</param>
    public static Task<EndedProcess> RunAsync(string folder, Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardInput = true };
        foreach (var name in start.Environment.Keys.Where(IsOfThisRun).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        return EndedProcess.RunAsync(start, Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken);
    }

    private static bool IsOfThisRun(string name) =>
        name.StartsWith("GATEWAY_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith(StageTriggers.Connection, StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)
        || name.Equals("ServiceBusExtension", StringComparison.OrdinalIgnoreCase);
}
