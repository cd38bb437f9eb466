using System.Diagnostics;

namespace Gateway.Tests;

/// <summary>A real file system of 8 MB, so that "no space left" is the system's own answer. Needs root on Linux.</summary>
internal sealed class SmallFileSystem : IDisposable
{
    private SmallFileSystem(TestDirectory directory) => Directory = directory;

    public TestDirectory Directory { get; }

    public static SmallFileSystem Mount()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "Mounting a small file system needs root on Linux");
        var directory = new TestDirectory();
        if (Run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", directory.Path) != 0)
        {
            directory.Dispose();
            Assert.Skip("This machine does not let a file system be mounted");
        }

        return new(directory);
    }

    public void Dispose()
    {
        Run("umount", Directory.Path);
        Directory.Dispose();
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
