using System.Diagnostics;
using System.Security.Cryptography;

namespace Gateway.Testing.Azurite;

/// <summary>Azurite from npm, in the versions of the lock file, once for all test programs of a checkout.</summary>
internal static class AzuriteInstallation
{
    private const string Done = ".installed";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    /// <summary>Where node_modules is; installs it first when it is not there.</summary>
    /// <exception cref="AzuriteUnavailableException">There is no Node or npm, or npm failed; the message says which.</exception>
    public static async Task<string> EnsureAsync(CancellationToken cancel)
    {
        await RequireAsync("node", cancel);
        var npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
        await RequireAsync(npm, cancel);
        var here = AppContext.BaseDirectory;
        var lockFile = await File.ReadAllBytesAsync(Path.Combine(here, "package-lock.json"), cancel);
        var folder = Path.Combine(Shared(), "azurite", Convert.ToHexStringLower(SHA256.HashData(lockFile))[..12]);
        Directory.CreateDirectory(folder);
        using var one = await LockAsync(Path.Combine(folder, ".lock"), cancel);
        if (!File.Exists(Path.Combine(folder, Done)))
        {
            File.Copy(Path.Combine(here, "package.json"), Path.Combine(folder, "package.json"), overwrite: true);
            await File.WriteAllBytesAsync(Path.Combine(folder, "package-lock.json"), lockFile, cancel);
            using var npmCi = Start(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder);
            var problem = await npmCi.StandardError.ReadToEndAsync(cancel);
            await npmCi.WaitForExitAsync(cancel);
            if (npmCi.ExitCode != 0)
            {
                throw new AzuriteUnavailableException($"npm ci failed with exit code {npmCi.ExitCode}: {problem.Trim()}");
            }

            await File.WriteAllTextAsync(Path.Combine(folder, Done), "", cancel);
        }

        return folder;
    }

    /// <summary>Beside the builds of the checkout; a test program that was copied elsewhere has a folder of the system.</summary>
    private static string Shared()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
            {
                return Path.Combine(folder.FullName, "artifacts");
            }
        }

        return Path.GetTempPath();
    }

    /// <summary>Test programs run side by side: the second one waits for the first one's installation.</summary>
    private static async Task<FileStream> LockAsync(string path, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        while (true)
        {
            try
            {
                return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200, patience.Token); // another process holds it, which gives no signal
            }
        }
    }

    private static async Task RequireAsync(string program, CancellationToken cancel)
    {
        try
        {
            using var version = Start(program, ["--version"], AppContext.BaseDirectory);
            await version.WaitForExitAsync(cancel);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new AzuriteUnavailableException($"{program} is not installed", e);
        }
    }

    private static Process Start(string program, string[] arguments, string folder) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        WorkingDirectory = folder,
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    })!;
}

/// <summary>The storage that tests need is not to be had; the message says why and is the reason to skip.</summary>
public sealed class AzuriteUnavailableException(string message, Exception? cause = null) : Exception(message, cause);
