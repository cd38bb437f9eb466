using System.Collections.Frozen;
using Azure.Core;
using Azure.Messaging.ServiceBus;
using Gateway.Core.Events;

namespace Gateway.Azure;

/// <summary>Two connections to the namespace, one to send and one to receive, and a sender for each queue. Thread-safe; one a process.</summary>
/// <remarks>
/// Why two: when a connection breaks while somebody is just asking it for messages, Microsoft.Azure.Amqp 2.7.3 may lock up the whole connection, each of
/// two threads waiting for what the other one holds, and no send on it comes to an end any more. Nobody receives on the one we send by.
/// </remarks>
public sealed class BusClients : IAsyncDisposable
{
    private readonly ServiceBusClient _sending;
    private readonly FrozenDictionary<StageQueue, ServiceBusSender> _senders;

    /// <param name="options">Without <see cref="BusOptions.Problems"/>.</param>
    /// <param name="credential">For the namespace; null with a connection string.</param>
    public BusClients(BusOptions options, TokenCredential? credential)
    {
        var client = new ServiceBusClientOptions
        {
            RetryOptions = new()
            {
                Mode = ServiceBusRetryMode.Exponential,
                TryTimeout = options.TryTimeout,
                MaxRetries = options.MaxRetries,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(5),
            },
            Identifier = "gateway",
        };
        Receiving = Connect();
        _sending = Connect();
        _senders = Enum.GetValues<StageQueue>().ToFrozenDictionary(queue => queue, queue => _sending.CreateSender(QueueNames.Of(queue)));

        ServiceBusClient Connect() => options.ConnectionString is { } emulator ? new(emulator, client) : new(options.Namespace, credential, client);
    }

    /// <summary>Of the connection to receive by.</summary>
    public ServiceBusClient Receiving { get; }

    public ServiceBusSender Sender(StageQueue queue) => _senders[queue];

    /// <summary>Completes when the namespace lets us open a link to the queue of received mail: nothing less asks it anything, and nothing is sent.</summary>
    internal async Task ProbeAsync(CancellationToken cancel)
    {
        await using var sender = _sending.CreateSender(QueueNames.Received);
        using var batch = await sender.CreateMessageBatchAsync(cancel); // its limits are the link's
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var sender in _senders.Values)
        {
            await sender.DisposeAsync();
        }

        await _sending.DisposeAsync();
        await Receiving.DisposeAsync();
    }
}
