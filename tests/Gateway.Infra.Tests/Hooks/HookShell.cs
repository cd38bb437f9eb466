using System.Reflection;

namespace Gateway.Infra.Tests.Hooks;

/// <summary>What hooks are written in.</summary>
public enum HookShell
{
    /// <summary>POSIX: dash, which knows nothing more, or whatever sh is here.</summary>
    Sh,

    /// <summary>PowerShell 7, on PATH or in artifacts/pwsh.</summary>
    Pwsh,
}

internal static class HookShells
{
    private static readonly string[] Path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator);

    private static readonly string Artifacts = typeof(HookShells).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "Artifacts").Value!;

    /// <summary>Where a program is; null when it is nowhere.</summary>
    public static string? Find(string program) => Path.Append(System.IO.Path.Combine(Artifacts, "pwsh")).Select(folder => System.IO.Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Skips the test where the shell is not.</summary>
    public static string Program(this HookShell shell)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the stand-in of the Azure CLI is a shell script");
        var program = shell == HookShell.Sh ? Find("dash") ?? Find("sh") : Find("pwsh");
        Assert.SkipWhen(program is null, $"no {shell.ToString().ToLowerInvariant()} here: dotnet tool install PowerShell --version 7.6.9 --tool-path artifacts/pwsh");
        return program!;
    }

    public static string Extension(this HookShell shell) => shell == HookShell.Sh ? "sh" : "ps1";
}
