using Azure.Messaging.ServiceBus;
using Gateway.Testing.Functions.Rpc;
using Gateway.Testing.Functions.Triggers;
using Gateway.Testing.Functions.Workers;
using Microsoft.Extensions.Logging;

namespace Gateway.Testing.Functions;

/// <summary>Starts the worker process of a built Functions app and fires its triggers from Service Bus queues, as the host in Azure does. For tests.</summary>
/// <remarks>What it does as the real host does, and what not, is in README.md beside this file.</remarks>
public sealed class FunctionsHost : IAsyncDisposable
{
    // For what is left when the grace is over: to answer a cancellation, and to give messages back.
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(5);

    private readonly HostLog _log = new();
    private readonly MessagesInFlight _messages;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, ServiceBusClient> _clients = [];
    private readonly List<QueueListener> _listeners = [];
    private readonly RunningInvocations _running = new();
    private readonly AppSettings _settings;
    private readonly HostConfiguration _configuration;
    private readonly WorkerEndpoint _endpoint;
    private readonly WorkerSupervisor _workers;
    private Dictionary<string, LoadedFunction> _functions = [];
    private Task? _stopped;

    private FunctionsHost(FunctionsHostOptions options, AppSettings settings, HostConfiguration configuration, WorkerEndpoint endpoint, MessagesInFlight messages)
    {
        (_settings, _configuration, _endpoint, _messages) = (settings, configuration, endpoint, messages);
        _workers = new(options, endpoint, _log);
    }

    /// <summary>In the worker's order.</summary>
    public IReadOnlyList<FunctionInfo> Functions => [.. _functions.Values.Select(function => function.Info)];

    /// <summary>The names of all functions and their raw bindings, as one indented JSON text in which every object is sorted: for a golden file.</summary>
    public string MetadataJson => LoadedFunction.Describe(_functions.Values);

    /// <summary>0 while there is no worker.</summary>
    public int WorkerProcessId => _workers.Current?.Process.Id ?? 0;

    /// <summary>How many times a worker was started, the first included.</summary>
    public int WorkerStarts => _workers.Starts;

    /// <summary>CPU that the current worker has used; zero while there is none.</summary>
    public TimeSpan WorkerProcessorTime => _workers.Current?.Process.ProcessorTime ?? TimeSpan.Zero;

    /// <summary>The newest 10,000 lines of the workers and of the host.</summary>
    public IReadOnlyCollection<HostLogLine> Logs => _log.Lines;

    /// <summary>Done when the worker is loaded and every queue of a function that is not disabled is listened to.</summary>
    /// <exception cref="InvalidOperationException">
    /// The worker does not come up (the message has its error stream), or <c>host.json</c>, a setting or a binding is wrong or not imitated.
    /// </exception>
    public static async Task<FunctionsHost> StartAsync(FunctionsHostOptions options, CancellationToken cancel)
    {
        var settings = new AppSettings(options.Settings);
        var configuration = HostConfiguration.Read(options.ApplicationDirectory, settings);
        var messages = new MessagesInFlight();
        var endpoint = await WorkerEndpoint.StartAsync(messages, cancel);
        var host = new FunctionsHost(options, settings, configuration, endpoint, messages);
        try
        {
            var worker = await host._workers.StartAsync(cancel);
            host._functions = worker.Functions.Select(function => LoadedFunction.Create(function, settings)).ToDictionary(function => function.Info.Name);
            await host.ListenAsync(cancel);
            return host;
        }
        catch // whatever it was: nothing stays half up, and it goes on to the caller
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public FunctionCounts CountsOf(string function) => Find(function).Counts;

    /// <summary>Fires a timer once, disabled or not, whatever its schedule.</summary>
    /// <exception cref="FunctionFailedException"/>
    public async Task InvokeTimerAsync(string function, CancellationToken cancel)
    {
        var timer = Find(function);
        var request = TimerTrigger.Fire(timer.Info, timer.Timer ?? throw new ArgumentException($"{function} is not triggered by a timer", nameof(function)));
        await _running.Add(InvokeAsync(timer, request)).WaitAsync(cancel);
    }

    /// <summary>SIGKILL for the current worker. What it had in flight fails, and another is started.</summary>
    public void KillWorker() => _workers.Current?.Process.Kill();

    /// <summary>
    /// Listens no more, waits for the invocations that run, cancels what is left of them after <paramref name="grace"/>, and ends the worker in order.
    /// </summary>
    public Task StopAsync(TimeSpan grace)
    {
        lock (_listeners)
        {
            return _stopped ??= StopOnceAsync(grace);
        }
    }

    /// <summary>Kills the worker unless the host was stopped; the messages in flight are given back.</summary>
    public async ValueTask DisposeAsync()
    {
        // First the queues: else what fails with the worker comes again, and again, while there is none.
        var stopped = StopAsync(TimeSpan.Zero);
        try
        {
            await _workers.KillAsync();
            await stopped;
        }
        finally
        {
            var closing = _listeners.Select(listener => listener.DisposeAsync().AsTask()).Concat(_clients.Values.Select(client => client.DisposeAsync().AsTask()));
            await EndsWithinAsync(Task.WhenAll(closing), LastWait);
            await _endpoint.DisposeAsync();
        }
    }

    private async Task ListenAsync(CancellationToken cancel)
    {
        foreach (var function in _functions.Values.Where(function => function.Queue is not null && !function.Info.IsDisabled))
        {
            var trigger = function.Queue!;
            var connection = _settings.Connection(_settings.Resolve(trigger.Connection));
            if (!_clients.TryGetValue(connection, out var client))
            {
                _clients[connection] = client = new(connection, new ServiceBusClientOptions { RetryOptions = _configuration.Retry });
            }

            _listeners.Add(new(
                client, _settings.Resolve(trigger.Queue), function.Info, trigger, _configuration, _messages, _log, request => InvokeAsync(function, request)));
        }

        await Task.WhenAll(_listeners.Select(listener => listener.StartAsync(cancel)));
    }

    private LoadedFunction Find(string function) => _functions.TryGetValue(function, out var found)
        ? found
        : throw new ArgumentException($"The worker has no function {function}", nameof(function));

    private async Task InvokeAsync(LoadedFunction function, InvocationRequest request)
    {
        function.Started();
        try
        {
            if ((await InvokeWorkerAsync(function, request)).Outcome.Failure is { } failure)
            {
                throw new FunctionFailedException($"{function.Info.Name} failed: {failure}");
            }

            _workers.Worked();
            function.Succeeded();
        }
        catch (Exception error)
        {
            function.Failed();
            _log.Host(LogLevel.Error, $"{function.Info.Name} failed", error);
            throw;
        }
    }

    /// <summary>Waits for a worker; one that is gone before it was asked does not count.</summary>
    private async Task<InvocationResponse> InvokeWorkerAsync(LoadedFunction function, InvocationRequest request)
    {
        while (true)
        {
            var worker = await _workers.WorkerAsync(_stopping.Token);
            try
            {
                return await worker.Channel.InvokeAsync(request, CancellationToken.None).WaitAsync(_configuration.FunctionTimeout);
            }
            catch (WorkerGoneException gone) when (!gone.WasSent)
            {
                _workers.Retire(worker);
            }
            catch (WorkerGoneException gone)
            {
                throw new FunctionFailedException($"{function.Info.Name} failed: {gone.Message}");
            }
            catch (TimeoutException)
            {
                // It cannot be taken out of the worker; so the worker goes, and with it all that it does besides.
                worker.Process.Kill();
                throw new FunctionFailedException($"{function.Info.Name} took longer than the functionTimeout of {_configuration.FunctionTimeout}");
            }
        }
    }

    private async Task StopOnceAsync(TimeSpan grace)
    {
        var idle = Task.WhenAll([.. _listeners.Select(listener => listener.StopAsync()), _running.IdleAsync()]);
        if (!await EndsWithinAsync(idle, grace))
        {
            // Also those that wait for a worker.
            await _stopping.CancelAsync();
            _workers.Current?.Channel.CancelInvocations();
            await EndsWithinAsync(idle, LastWait);
        }

        await _workers.StopAsync();
        if (!await EndsWithinAsync(idle, LastWait))
        {
            _log.Host(LogLevel.Warning, "Messages could not be given back: the broker does not answer");
        }
    }

    private static async Task<bool> EndsWithinAsync(Task task, TimeSpan limit) => await Task.WhenAny(task, Task.Delay(limit)) == task; // a limit, as the real host has one
}
