using System.Diagnostics;
using System.Net;
using System.Text;

namespace Gateway.Server.Tests;

/// <summary>The real program as a child process, its output gathered line by line.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    /// <summary>Far past what anything here takes; a test that gets there has failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Gathered _output = new();
    private readonly Gathered _errors = new();

    private GatewayProcess(string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("GATEWAY_", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name); // a shell may have settings in it, for trying out
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "gateway.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) => _output.Take(line.Data);
        _process.ErrorDataReceived += (_, line) => _errors.Take(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Standard output so far.</summary>
    public string Output => _output.Text;

    /// <summary>Standard error so far.</summary>
    public string Errors => _errors.Text;

    public static GatewayProcess Start(params string[] arguments) => new(arguments);

    public static GatewayProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) => new(arguments, environment);

    /// <summary>`gateway dev` on free ports, up to its banner.</summary>
    public static async Task<GatewayProcess> DevAsync(string data, params string[] arguments)
    {
        var process = Start(["dev", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data, .. arguments]);
        await process.OutputLineAsync("Stop it:");
        return process;
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var process = Start(arguments);
        return (await process.ExitAsync(), process.Output, process.Errors);
    }

    /// <summary>Runs it to its end, with these octets as standard input.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunWithInputAsync(ReadOnlyMemory<byte> input, params string[] arguments)
    {
        await using var process = Start(arguments);
        try
        {
            await process._process.StandardInput.BaseStream.WriteAsync(input, TestContext.Current.CancellationToken);
            process._process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has read as much as it wants.
        }

        return (await process.ExitAsync(), process.Output, process.Errors);
    }

    /// <summary>Where the banner says that mail is taken.</summary>
    public IPEndPoint Smtp => IPEndPoint.Parse(Labelled("SMTP"));

    /// <summary>Where the banner says that HTTP is served.</summary>
    public Uri Http => new(Labelled("HTTP"));

    /// <summary>The word after a label of the banner.</summary>
    public string Labelled(string label) =>
        Output.Split('\n').First(line => line.StartsWith($"  {label} ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];

    /// <summary>The first line of standard output that holds the text, past or to come.</summary>
    public Task<string> OutputLineAsync(string text) => FindAsync(_output, line => line.Contains(text, StringComparison.Ordinal), text);

    public Task<string> OutputLineAsync(Func<string, bool> wanted) => FindAsync(_output, wanted, "a line");

    /// <summary>The first line of standard error that holds the text, past or to come.</summary>
    public Task<string> ErrorLineAsync(string text) => FindAsync(_errors, line => line.Contains(text, StringComparison.Ordinal), text);

    /// <param name="name">INT or TERM.</param>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async Task<int> ExitAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private async Task<string> FindAsync(Gathered lines, Func<string, bool> wanted, string what)
    {
        try
        {
            return await lines.FindAsync(wanted).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or EndOfStreamException)
        {
            throw new InvalidOperationException($"Waited for: {what}\nOutput:\n{Output}\nErrors:\n{Errors}", e);
        }
    }

    private sealed class Gathered
    {
        private readonly Lock _gate = new();
        private readonly List<string> _lines = [];
        private readonly List<(Func<string, bool> Wanted, TaskCompletionSource<string> Found)> _waiting = [];
        private bool _ended;

        public string Text
        {
            get
            {
                lock (_gate)
                {
                    return string.Concat(_lines.Select(line => line + "\n"));
                }
            }
        }

        public void Take(string? line)
        {
            lock (_gate)
            {
                if (line is null)
                {
                    _ended = true;
                    _waiting.ForEach(waiter => waiter.Found.TrySetException(new EndOfStreamException()));
                    return;
                }

                _lines.Add(line);
                foreach (var waiter in _waiting.Where(waiter => waiter.Wanted(line)))
                {
                    waiter.Found.TrySetResult(line);
                }
            }
        }

        public Task<string> FindAsync(Func<string, bool> wanted)
        {
            lock (_gate)
            {
                if (_lines.Find(line => wanted(line)) is { } line)
                {
                    return Task.FromResult(line);
                }

                var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_ended)
                {
                    found.SetException(new EndOfStreamException());
                }

                _waiting.Add((wanted, found));
                return found.Task;
            }
        }
    }
}
