using System.Reflection;

namespace Gateway.Infra.Tests.Hooks;

/// <summary>What hooks are written in, and who reads it.</summary>
public enum HookShell
{
    /// <summary>POSIX: dash, which knows nothing more, or whatever sh is here, with the programs that are here.</summary>
    Sh,

    /// <summary>bash as sh, and the awk that other systems took over from Unix, as macOS has them.</summary>
    Bash,

    /// <summary>Shell and programs of BusyBox, as Alpine has them.</summary>
    Busybox,

    /// <summary>PowerShell 7, on PATH or in artifacts/pwsh.</summary>
    Pwsh,
}

internal static class HookShells
{
    private static readonly string[] Path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator);

    private static readonly string Artifacts = typeof(HookShells).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "Artifacts").Value!;

    /// <summary>Where a program is; null when it is nowhere.</summary>
    public static string? Find(string program) => Path.Append(System.IO.Path.Combine(Artifacts, "pwsh")).Select(folder => System.IO.Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Where a program is; skips the test where it is not.</summary>
    public static string Need(string program)
    {
        var found = Find(program);
        Assert.SkipWhen(found is null, program == "pwsh" ? "no pwsh here: dotnet tool install PowerShell --version 7.6.9 --tool-path artifacts/pwsh" : $"no {program} here: apt-get install {program}");
        return found!;
    }

    /// <summary>The program that a script is given to, and what comes before it; skips the test where it is not.</summary>
    public static string[] Command(this HookShell shell)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the stand-in of the Azure CLI is a shell script");
        return shell switch
        {
            HookShell.Sh => [Find("dash") ?? Need("sh")],
            HookShell.Bash => [Need("bash"), "--posix"],
            HookShell.Busybox => [Need("busybox"), "sh"],
            _ => [Need("pwsh"), "-NoProfile", "-NonInteractive", "-File"],
        };
    }

    /// <summary>The file behind a program's name on the PATH of a hook.</summary>
    public static string Program(this HookShell shell, string name) => (shell, name) switch
    {
        (HookShell.Busybox, not "openssl") => Need("busybox"),
        (HookShell.Bash, "awk") => Find("original-awk") ?? Need("awk"),
        _ => Need(name),
    };

    public static string Extension(this HookShell shell) => shell == HookShell.Pwsh ? "ps1" : "sh";
}
