using System.Collections.Frozen;
using Azure.Core;
using Azure.Messaging.ServiceBus;
using Gateway.Core.Events;

namespace Gateway.Azure;

/// <summary>One connection to the namespace, and a sender for each queue. Thread-safe; one a process.</summary>
public sealed class BusClients : IAsyncDisposable
{
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
        Client = options.ConnectionString is { } emulator ? new(emulator, client) : new(options.Namespace, credential, client);
        _senders = Enum.GetValues<StageQueue>().ToFrozenDictionary(queue => queue, queue => Client.CreateSender(QueueNames.Of(queue)));
    }

    public ServiceBusClient Client { get; }

    public ServiceBusSender Sender(StageQueue queue) => _senders[queue];

    /// <summary>Completes when the namespace lets us open a link to the queue of received mail: nothing less asks it anything, and nothing is sent.</summary>
    internal async Task ProbeAsync(CancellationToken cancel)
    {
        await using var sender = Client.CreateSender(QueueNames.Received);
        using var batch = await sender.CreateMessageBatchAsync(cancel); // its limits are the link's
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var sender in _senders.Values)
        {
            await sender.DisposeAsync();
        }

        await Client.DisposeAsync();
    }
}
