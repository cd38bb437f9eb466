using System.Diagnostics.CodeAnalysis;

namespace Gateway.Testing.ServiceBus.Core;

/// <summary>A queue by its options, with its dead-letter subqueue.</summary>
internal sealed record Entity(QueueOptions Options, MessageQueue Queue)
{
    public string Name => Options.Name;
}

/// <summary>All queues of a broker. They outlive the listener: a restart keeps what they hold.</summary>
internal sealed class BrokerQueues : IDisposable
{
    private readonly Dictionary<string, Entity> _entities;

    public BrokerQueues(BrokerOptions options) =>
        _entities = options.Queues.ToDictionary(queue => queue.Name, queue => Create(queue, options.Clock), StringComparer.OrdinalIgnoreCase);

    public IEnumerable<Entity> All => _entities.Values;

    public bool TryFind(string name, [NotNullWhen(true)] out Entity? entity) => _entities.TryGetValue(name, out entity);

    public void Dispose()
    {
        foreach (var entity in _entities.Values)
        {
            entity.Queue.Dispose();
            entity.Queue.DeadLetters!.Dispose();
        }
    }

    private static Entity Create(QueueOptions options, TimeProvider clock)
    {
        var deadLetters = new MessageQueue(QueueRules.OfDeadLetters(options), clock, null);
        return new(options, new MessageQueue(QueueRules.Of(options), clock, deadLetters));
    }
}
