using System.Net.Sockets;
using Gateway.Testing.ServiceBus.Amqp;
using Gateway.Testing.ServiceBus.Core;
using Gateway.Testing.ServiceBus.Faults;

namespace Gateway.Testing.ServiceBus;

/// <summary>An AMQP 1.0 broker in this process, to which the real Service Bus client talks. In memory, on the loopback address, for tests.</summary>
/// <remarks>What it does as the service does, and what not, is in README.md beside this file.</remarks>
public sealed class ServiceBusBroker : IAsyncDisposable
{
    private const string KeyName = "RootManageSharedAccessKey";

    private readonly BrokerOptions _options;
    private readonly BrokerQueues _queues;
    private readonly PortHold _port;
    private readonly LinkRouter _router;
    private readonly Lock _lock = new();
    private BrokerListener? _listener;

    private ServiceBusBroker(BrokerOptions options, PortHold port)
    {
        var plan = new SendFaultPlan();
        (_options, _port, _queues) = (options, port, new(options));
        _router = new(_queues, plan, options.Clock, KeyName, options.Key);
        Faults = new(plan, _queues, DropConnections);
    }

    /// <summary>What <c>ServiceBusClient</c> takes. The key in it is checked.</summary>
    public string ConnectionString =>
        $"Endpoint=sb://127.0.0.1:{Port};SharedAccessKeyName={KeyName};SharedAccessKey={_options.Key};UseDevelopmentEmulator=true;";

    public int Port => _port.Port;

    public BrokerFaults Faults { get; }

    /// <summary>What a queue holds now.</summary>
    /// <exception cref="ArgumentException">There is no such queue.</exception>
    public QueueCounts CountsOf(string queue) => _queues.TryFind(queue, out var entity)
        ? entity.Queue.Count() with { DeadLetters = entity.Queue.DeadLetters!.Count() is var dead ? dead.Active + dead.Locked : 0 }
        : throw new ArgumentException($"The broker has no queue \"{queue}\"", nameof(queue));

    /// <summary>
    /// Lets time pass for what waits in the queues, at once: schedules and lives end earlier, duplicates are forgotten sooner. Locks that are held go
    /// on as they were, and so does everybody's clock: a test can be over hours of retries in a second, and deliveries under way do not notice.
    /// </summary>
    public void PutForward(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        foreach (var entity in _queues.All)
        {
            entity.Queue.PutForward(by);
            entity.Queue.DeadLetters!.PutForward(by);
        }
    }

    /// <summary>Listens when the task is done.</summary>
    /// <exception cref="ArgumentException">The options are wrong; the message names every fault.</exception>
    /// <exception cref="SocketException">The port is taken.</exception>
    public static Task<ServiceBusBroker> StartAsync(BrokerOptions options)
    {
        options.Validate();
        var port = PortHold.Take(options.Port);
        try
        {
            var broker = new ServiceBusBroker(options, port);
            broker.Listen();
            return Task.FromResult(broker);
        }
        catch (SocketException)
        {
            port.Dispose();
            throw;
        }
    }

    /// <summary>Ends all connections and listens no more; the queues and their locks live on.</summary>
    public Task StopAsync()
    {
        lock (_lock)
        {
            _listener?.Stop();
            _listener = null;
        }

        return Task.CompletedTask;
    }

    /// <summary>Stops if need be, and listens again on the same port. Messages are kept; clients find back by themselves.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        Listen();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _queues.Dispose();
        _port.Dispose();
    }

    private void Listen()
    {
        lock (_lock)
        {
            _listener ??= BrokerListener.Start(Port, _router);
        }
    }

    private int DropConnections()
    {
        lock (_lock)
        {
            return _listener?.DropConnections() ?? 0;
        }
    }
}
