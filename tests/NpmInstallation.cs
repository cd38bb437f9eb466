using System.Security.Cryptography;

namespace Gateway.Tests;

/// <summary>Packages from npm, in the versions of a lock file, once for all test programs of a checkout.</summary>
internal static class NpmInstallation
{
    private const string Done = ".installed";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    /// <summary>Where node_modules is; installs it first when it is not there.</summary>
    /// <param name="name">Of the folder among the builds of the checkout.</param>
    /// <param name="source">The folder of package.json and package-lock.json.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="NpmException">There is no Node or npm, or npm failed; the message says which.</exception>
    public static async Task<string> EnsureAsync(string name, string source, CancellationToken cancel)
    {
        var npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
        await RunAsync("node", ["--version"], source, cancel);
        await RunAsync(npm, ["--version"], source, cancel);
        var lockFile = await File.ReadAllBytesAsync(Path.Combine(source, "package-lock.json"), cancel);
        var folder = Path.Combine(Shared(), name, Convert.ToHexStringLower(SHA256.HashData(lockFile))[..12]);
        Directory.CreateDirectory(folder);
        using var one = await LockAsync(Path.Combine(folder, ".lock"), cancel);
        if (!File.Exists(Path.Combine(folder, Done)))
        {
            File.Copy(Path.Combine(source, "package.json"), Path.Combine(folder, "package.json"), overwrite: true);
            await File.WriteAllBytesAsync(Path.Combine(folder, "package-lock.json"), lockFile, cancel);
            var npmCi = await RunAsync(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder, cancel);
            if (npmCi.ExitCode != 0)
            {
                throw new NpmException($"npm ci failed with exit code {npmCi.ExitCode}: {npmCi.Errors.Trim()}");
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

    private static async Task<EndedProcess> RunAsync(string program, string[] arguments, string folder, CancellationToken cancel)
    {
        try
        {
            return await EndedProcess.RunAsync(new(program, arguments) { WorkingDirectory = folder }, Patience, cancel);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new NpmException($"{program} is not installed", e);
        }
        catch (TimeoutException e)
        {
            throw new NpmException(e.Message, e);
        }
    }
}

/// <summary>Packages that a test needs are not to be had; the message says why.</summary>
internal sealed class NpmException(string message, Exception? cause = null) : Exception(message, cause);
