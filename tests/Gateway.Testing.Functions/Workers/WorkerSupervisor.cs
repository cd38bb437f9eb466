using Gateway.Testing.Functions.Rpc;
using Microsoft.Extensions.Logging;

namespace Gateway.Testing.Functions.Workers;

/// <summary>Keeps one worker running: when it is gone, the next is started.</summary>
internal sealed class WorkerSupervisor(FunctionsHostOptions options, WorkerEndpoint endpoint, HostLog log)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource<Worker> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _watching = Task.CompletedTask;
    private int _starts;
    private int _startsInARow;

    public int Starts => Volatile.Read(ref _starts);

    /// <summary>The worker that runs, or null while there is none.</summary>
    public Worker? Current
    {
        get
        {
            lock (_lock)
            {
                return _ready.Task.IsCompletedSuccessfully ? _ready.Task.Result : null;
            }
        }
    }

    /// <summary>Starts the first worker; when it does not come up, there is no second.</summary>
    public async Task<Worker> StartAsync(CancellationToken cancel)
    {
        var worker = await StartOneAsync(cancel);
        _watching = WatchAsync(worker);
        return worker;
    }

    /// <summary>The worker that runs, as soon as there is one.</summary>
    public Task<Worker> WorkerAsync(CancellationToken cancel)
    {
        lock (_lock)
        {
            return _ready.Task.WaitAsync(cancel);
        }
    }

    /// <summary>Nobody is given this worker again.</summary>
    public void Retire(Worker worker)
    {
        lock (_lock)
        {
            if (_ready.Task.IsCompletedSuccessfully && _ready.Task.Result == worker)
            {
                _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>The worker did its work: the next pause is short again.</summary>
    public void Worked() => Volatile.Write(ref _startsInARow, 0);

    /// <summary>Ends the worker in order, and starts no other.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        if (Current is { } worker)
        {
            await worker.TerminateAsync();
        }

        await _watching;
    }

    /// <summary>Kills the worker if it still runs, and starts no other.</summary>
    public async Task KillAsync()
    {
        await _stopping.CancelAsync();
        Current?.Process.Kill();
        await _watching;
    }

    private async Task<Worker> StartOneAsync(CancellationToken cancel)
    {
        Interlocked.Increment(ref _startsInARow);
        var worker = await Worker.StartAsync(options, Interlocked.Increment(ref _starts), endpoint, log, cancel);
        lock (_lock)
        {
            // Who stops asks for the worker after this is set: one of the two sees the other.
            if (!_stopping.IsCancellationRequested)
            {
                _ready.SetResult(worker);
                return worker;
            }
        }

        worker.Dispose();
        throw new OperationCanceledException("The host stops");
    }

    private async Task WatchAsync(Worker worker)
    {
        while (true)
        {
            await worker.EndAsync();
            Retire(worker);
            worker.Dispose();
            log.Host(LogLevel.Warning, $"Worker {worker.Process.Id} is gone");
            try
            {
                worker = await StartNextAsync();
            }
            catch (Exception error) when (_stopping.IsCancellationRequested)
            {
                if (error is not OperationCanceledException)
                {
                    log.Host(LogLevel.Warning, "A worker did not come up while the host stopped", error);
                }

                return;
            }
        }
    }

    private async Task<Worker> StartNextAsync()
    {
        while (true)
        {
            var pause = FirstPause * Math.Pow(2, Math.Min(Volatile.Read(ref _startsInARow), 10));
            await Task.Delay(pause < LongestPause ? pause : LongestPause, _stopping.Token); // as the real host pauses between tries
            try
            {
                return await StartOneAsync(_stopping.Token);
            }
            catch (Exception error) when (!_stopping.IsCancellationRequested)
            {
                log.Host(LogLevel.Error, "A worker did not come up", error);
            }
        }
    }
}
