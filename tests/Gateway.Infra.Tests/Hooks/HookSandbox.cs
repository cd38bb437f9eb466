using System.Diagnostics;
using System.Runtime.InteropServices;
using Gateway.Core.Tests;

namespace Gateway.Infra.Tests.Hooks;

/// <summary>Runs hooks with no programs on their PATH but those that they name, a home and temporary folder of their own, and a stand-in for az.</summary>
internal sealed class HookSandbox : IDisposable
{
    // All that the sh hooks and the stand-in call. What is not here they may not use.
    private static readonly string[] Programs =
        ["awk", "base64", "cat", "cp", "cut", "date", "dd", "dirname", "grep", "head", "ls", "mkfifo", "mktemp", "openssl", "rm", "sed", "sleep", "tail", "tr"];

    private static readonly string DotnetRoot = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestDirectory _directory = new();

    private readonly string[] _without;

    /// <param name="without">Programs that are not there, "az" among them.</param>
    public HookSandbox(params string[] without)
    {
        _without = without;
        foreach (var folder in new[] { "bin", "az", "home", "tmp" })
        {
            Directory.CreateDirectory(_directory.File(folder));
        }

        File.WriteAllText(_directory.File("az/answers"), "");
    }

    /// <summary>What az was asked, temporary folders left out; empty: nothing.</summary>
    public string Calls => Read("calls") is { } calls ? HookText.WithoutFolders(calls) : "";

    /// <summary>For each file given to az: its name, and the modes of its folder and of itself.</summary>
    public string Files => Read("files") ?? "";

    /// <summary>What is left in the temporary folder.</summary>
    public string[] Left => [.. Directory.GetFileSystemEntries(_directory.File("tmp")).Select(entry => Path.GetFileName(entry))];

    /// <summary>Lines as the stand-in reads them.</summary>
    public void Answer(IEnumerable<string> answers) => File.WriteAllLines(_directory.File("az/answers"), answers);

    /// <summary>A file as az got it; null when it got none.</summary>
    public string? Given(string file) => Read($"file.{file}");

    public Task<EndedProcess> RunAsync(HookShell shell, string hook, IReadOnlyDictionary<string, string> settings)
    {
        var script = Path.Combine(Repository.Root, "infra", "hooks", $"{hook}.{shell.Extension()}");
        var command = shell.Command();
        FillPath(shell);
        var start = new ProcessStartInfo(command[0], [.. command[1..], script])
        {
            WorkingDirectory = _directory.File("home"), // hooks may not count on another
        };
        start.Environment.Clear();
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        start.Environment["PATH"] = _directory.File("bin");
        start.Environment["HOME"] = _directory.File("home");
        start.Environment["TMPDIR"] = _directory.File("tmp");
        start.Environment["AZ_STAND_IN"] = _directory.File("az");
        start.Environment["DOTNET_ROOT"] = DotnetRoot;
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = start.Environment["POWERSHELL_UPDATECHECK"] = start.Environment["DOTNET_EnableDiagnostics"] = start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1"; // not every machine has ICU
        return EndedProcess.RunAsync(start, Patience, TestContext.Current.CancellationToken);
    }

    public void Dispose() => _directory.Dispose();

    // Again for each run: what a name stands for is the shell's.
    private void FillPath(HookShell shell)
    {
        Directory.Delete(_directory.File("bin"), recursive: true);
        Directory.CreateDirectory(_directory.File("bin"));
        foreach (var program in Programs.Except(_without))
        {
            File.CreateSymbolicLink(_directory.File($"bin/{program}"), shell.Program(program));
        }

        File.CreateSymbolicLink(_directory.File("bin/dotnet"), Path.Combine(DotnetRoot, "dotnet")); // pwsh as a .NET tool asks for it
        if (!_without.Contains("az"))
        {
            File.CreateSymbolicLink(_directory.File("bin/az"), Path.Combine(Repository.Root, "tests", "Gateway.Infra.Tests", "Hooks", "az"));
        }
    }

    private string? Read(string name) => File.Exists(_directory.File($"az/{name}")) ? File.ReadAllText(_directory.File($"az/{name}")) : null;
}
