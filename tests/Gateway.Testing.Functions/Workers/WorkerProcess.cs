using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Gateway.Testing.Functions.Workers;

/// <summary>A worker's process. It does not outlive this one, however this one ends: <see cref="StartupHook"/> sees to it.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private const int KeptErrorLines = 200;
    private const string Hooks = "DOTNET_STARTUP_HOOKS";

    // What a program needs to run at all. The rest of a developer's shell is kept out, as it would be in Azure.
    private static readonly string[] Inherited =
    [
        "PATH", "HOME", "USER", "TMPDIR", "TMP", "TEMP", "TZ", "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64", "DOTNET_CLI_HOME",
        "SystemRoot", "SystemDrive", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "ProgramFiles", "PATHEXT",
    ];

    private readonly Process _process;
    private readonly HostLog _log;
    private readonly Queue<string> _errors = new();

    private WorkerProcess(Process process, HostLog log)
    {
        (_process, _log) = (process, log);
        process.OutputDataReceived += (_, line) => Keep(line.Data, LogLevel.Information, "stdout");
        process.ErrorDataReceived += (_, line) => Keep(line.Data, LogLevel.Error, "stderr");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Id = process.Id;
        Exited = process.WaitForExitAsync();
    }

    public int Id { get; }

    /// <summary>Done when the process is gone and all that it printed is read.</summary>
    public Task Exited { get; }

    /// <summary>The last lines of the standard error stream.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return string.Join('\n', _errors);
            }
        }
    }

    /// <summary>CPU used; zero when the process is gone.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            try
            {
                _process.Refresh();
                return _process.TotalProcessorTime;
            }
            catch (Exception error) when (error is InvalidOperationException or Win32Exception)
            {
                return TimeSpan.Zero;
            }
        }
    }

    public static WorkerProcess Start(FunctionsHostOptions options, int start, Uri host, string workerId, HostLog log)
    {
        var directory = Path.GetFullPath(options.ApplicationDirectory);
        var info = new ProcessStartInfo(DotnetPath())
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Nothing is ever written; that it is open says that this process lives.
            RedirectStandardInput = true,
            ArgumentList =
            {
                Path.Combine(directory, WorkerPath(directory)),
                "--functions-uri", host.ToString(),
                "--functions-worker-id", workerId,
                "--functions-request-id", Guid.NewGuid().ToString(),
                "--functions-grpc-max-message-length", int.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture),
            },
        };
        SetEnvironment(info.Environment, options, start, directory);
        return new(new() { StartInfo = info }, log);
    }

    /// <summary>SIGKILL; nothing when the process is gone.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception)
        {
            // Gone already.
        }
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private static void SetEnvironment(IDictionary<string, string?> environment, FunctionsHostOptions options, int start, string directory)
    {
        var inherited = Inherited.Select(name => KeyValuePair.Create(name, Environment.GetEnvironmentVariable(name))).ToList();
        environment.Clear();
        var host = new Dictionary<string, string?>
        {
            ["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated",
            ["FUNCTIONS_APPLICATION_DIRECTORY"] = directory,
        };
        var added = options.WorkerEnvironment?.Invoke(start) ?? new Dictionary<string, string>();
        foreach (var (name, value) in inherited.Where(pair => pair.Value is not null).Concat(host))
        {
            environment[name] = value;
        }

        foreach (var (name, value) in options.Settings.Concat(added))
        {
            environment[name] = value;
        }

        environment.TryGetValue(Hooks, out var others);
        environment[Hooks] = string.Join(Path.PathSeparator, ((string?[])[typeof(StartupHook).Assembly.Location, others]).Where(hook => !string.IsNullOrEmpty(hook)));
    }

    private static string WorkerPath(string directory)
    {
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, "worker.config.json")));
        var description = config.RootElement.GetProperty("description");
        return description.GetProperty("language").GetString() == "dotnet-isolated"
            ? description.GetProperty("defaultWorkerPath").GetString()!
            : throw new InvalidOperationException("worker.config.json: only dotnet-isolated workers are started");
    }

    /// <summary>The program that runs this process' runtime, so that both run the same one.</summary>
    private static string DotnetPath()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var path = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(path) ? path : name;
    }

    private void Keep(string? line, LogLevel level, string category)
    {
        if (line is null)
        {
            return;
        }

        _log.Add(new(level, category, line, null));
        if (level == LogLevel.Error)
        {
            lock (_errors)
            {
                if (_errors.Count == KeptErrorLines)
                {
                    _errors.Dequeue();
                }

                _errors.Enqueue(line);
            }
        }
    }
}
