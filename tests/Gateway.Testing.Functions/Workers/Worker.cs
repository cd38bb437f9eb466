using Gateway.Testing.Functions.Rpc;

namespace Gateway.Testing.Functions.Workers;

/// <summary>A worker that is loaded: its process, and the stream to it.</summary>
internal sealed class Worker : IDisposable
{
    // As long as the real host waits for a process to come up, and for it to end.
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(10);

    private Worker(WorkerProcess process, WorkerChannel channel, IReadOnlyList<FunctionMetadata> functions) =>
        (Process, Channel, Functions) = (process, channel, functions);

    public WorkerProcess Process { get; }

    public WorkerChannel Channel { get; }

    public IReadOnlyList<FunctionMetadata> Functions { get; }

    /// <summary>Done when every function is loaded.</summary>
    /// <exception cref="InvalidOperationException">The worker did not come up; the message has what it wrote to its standard error stream.</exception>
    public static async Task<Worker> StartAsync(FunctionsHostOptions options, int start, WorkerEndpoint endpoint, HostLog log, CancellationToken cancel)
    {
        var id = Guid.NewGuid().ToString();
        var channel = new WorkerChannel(log);
        endpoint.Expect(id, channel);
        WorkerProcess? process = null;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        late.CancelAfter(StartTimeout);
        try
        {
            process = WorkerProcess.Start(options, start, endpoint.Address, id, log);
            var loading = LoadAsync(options, channel, late.Token);
            var functions = await Task.WhenAny(loading, process.Exited) == loading
                ? await loading
                : throw new InvalidOperationException("its process ended");
            return new(process, channel, functions);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            process?.Kill();
            await (process?.Exited ?? Task.CompletedTask);
            var cause = error is OperationCanceledException ? $"it took more than {StartTimeout.TotalSeconds} seconds" : error.Message;
            throw new InvalidOperationException($"The worker did not come up: {cause}\n{process?.Errors}", error);
        }
        catch // whatever it was: nothing stays half up, and it goes on to the caller
        {
            process?.Dispose();
            throw;
        }
    }

    /// <summary>Done when the process is gone, whichever of the two ends it lost first; what it was asked has then failed.</summary>
    public async Task EndAsync()
    {
        await Task.WhenAny(Process.Exited, Channel.Closed);
        if (!Process.Exited.IsCompleted)
        {
            // A worker without a stream is no worker, but it may be on its way out.
            await Task.WhenAny(Process.Exited, Task.Delay(EndTimeout)); // a limit: then it is killed
            Process.Kill();
        }

        await Process.Exited;
        Channel.Close("The worker's process has ended");
    }

    /// <summary>Asks the worker to end, and ends it when it does not.</summary>
    public async Task TerminateAsync()
    {
        Channel.Terminate();
        await Task.WhenAny(Process.Exited, Task.Delay(EndTimeout)); // a limit: then it is killed
        Process.Kill();
        await Process.Exited;
        Channel.Close("The worker was told to end");
    }

    public void Dispose() => Process.Dispose();

    private static async Task<IReadOnlyList<FunctionMetadata>> LoadAsync(FunctionsHostOptions options, WorkerChannel channel, CancellationToken cancel)
    {
        var directory = Path.GetFullPath(options.ApplicationDirectory);
        await channel.Opened.WaitAsync(cancel);
        var initialised = await channel.InitialiseAsync(
            new() { HostVersion = "4.1037.0", WorkerDirectory = directory, ApplicationDirectory = directory }, cancel);
        Require(initialised.Outcome, "it could not be initialised");
        var described = await channel.DescribeAsync(new() { ApplicationDirectory = directory }, cancel);
        Require(described.Outcome, "it did not name its functions");
        foreach (var function in described.Functions)
        {
            var loaded = await channel.LoadAsync(new() { FunctionId = function.FunctionId, Metadata = function }, cancel);
            Require(loaded.Outcome, $"it could not load {function.Name}");
        }

        return described.Functions;
    }

    private static void Require(Outcome? outcome, string otherwise)
    {
        if (outcome.Failure is { } failure)
        {
            throw new InvalidOperationException($"{otherwise}: {failure}");
        }
    }
}
