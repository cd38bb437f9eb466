using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>The gateway as a process of its own: started, told where it listens, killed or stopped. Never outlives its test.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    /// <summary>What a shell says of a process that SIGKILL ended.</summary>
    public const int ExitCodeOfSigkill = 128 + Sigkill;

    public const int Sigquit = 3;
    public const int Sigkill = 9;
    public const int Sigterm = 15;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource<IPEndPoint> _smtp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Uri> _http = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private bool _disposed;

    private GatewayProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadOutputAsync(), ReadErrorsAsync());
    }

    public int Id => _process.Id;

    public IPEndPoint SmtpEndpoint => _smtp.Task.Result;

    public Uri HttpUrl => _http.Task.Result;

    /// <summary>What it wrote on standard error.</summary>
    public ConcurrentQueue<string> Errors => _errors;

    /// <summary>The real program.</summary>
    public static Task<GatewayProcess> StartGatewayAsync(
        IReadOnlyList<string> arguments, CancellationToken cancel, IReadOnlyDictionary<string, string>? environment = null) =>
        StartAsync(PathOf("gateway"), arguments, cancel, environment);

    /// <summary>The real program inside the crash host; it is not waited for.</summary>
    public static GatewayProcess LaunchCrashHost(
        IReadOnlyList<string> host, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        Launch(PathOf("Gateway.CrashHost"), [.. host, "--", .. arguments], environment);

    /// <summary>Any program that starts a gateway with its own standard output.</summary>
    public static async Task<GatewayProcess> StartAsync(
        string program, IReadOnlyList<string> arguments, CancellationToken cancel, IReadOnlyDictionary<string, string>? environment = null)
    {
        var gateway = Launch(program, arguments, environment);
        try
        {
            await gateway.ListensAsync(cancel);
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when it has said where it listens.</summary>
    public async Task ListensAsync(CancellationToken cancel)
    {
        try
        {
            await Task.WhenAll(_smtp.Task, _http.Task).WaitAsync(StartLimit, cancel);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw new InvalidOperationException($"The gateway did not come up:\n{string.Join('\n', _output.Concat(_errors))}", e);
        }
    }

    /// <summary>Where a program that this project refers to was built to.</summary>
    public static string PathOf(string program) => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? program + ".exe" : program);

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
    }

    /// <summary>Sends a signal as a shell or a container would.</summary>
    /// <param name="number">Such as <see cref="Sigterm"/>.</param>
    /// <param name="processId">Null: the process that was started; else a child of it.</param>
    public void Signal(int number, int? processId = null) => Assert.Equal(0, SendSignal(processId ?? _process.Id, number));

    /// <summary>The crash host ends when its input does; the real program does not care.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Tells the crash host to count from now on. It may have come to its end already.</summary>
    public async Task ArmAsync()
    {
        try
        {
            await _process.StandardInput.WriteLineAsync("arm");
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // Its end is what was wanted.
        }
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code; null when it did not end within <paramref name="limit"/>.</returns>
    public async Task<int?> ExitAsync(TimeSpan limit, CancellationToken cancel)
    {
        try
        {
            await _process.WaitForExitAsync(cancel).WaitAsync(limit, cancel);
            await _reading;
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Nothing when it was done before.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
        _process.Dispose();
    }

    private static GatewayProcess Launch(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("GATEWAY_", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name); // a shell may have settings in it, for trying out
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start"));
    }

    private async Task ReadOutputAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["SMTP", var smtp, ..] && IPEndPoint.TryParse(smtp, out var endpoint))
            {
                _smtp.TrySetResult(endpoint);
            }
            else if (words is ["HTTP", var http, ..] && Uri.TryCreate(http, UriKind.Absolute, out var url))
            {
                _http.TrySetResult(url);
            }

            _output.Enqueue(line);
        }

        var ended = new IOException("The gateway has ended");
        _smtp.TrySetException(ended);
        _http.TrySetException(ended);
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _errors.Enqueue(line);
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
