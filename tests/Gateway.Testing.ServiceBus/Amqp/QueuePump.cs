using System.Collections.Immutable;
using Gateway.Testing.ServiceBus.Core;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>Moves what a queue has ready to the links that have credit, one after another. At most one runs for a queue.</summary>
internal sealed class QueuePump : IThreadPoolWorkItem
{
    private readonly MessageQueue _queue;
    private ImmutableArray<ReceiveNode> _nodes = [];
    private int _signals;
    private int _turn;

    public QueuePump(MessageQueue queue)
    {
        _queue = queue;
        queue.Ready = Wake;
    }

    public void Add(ReceiveNode node) => ImmutableInterlocked.Update(ref _nodes, nodes => nodes.Add(node));

    public void Remove(ReceiveNode node) => ImmutableInterlocked.Update(ref _nodes, nodes => nodes.Remove(node));

    /// <summary>There may be something to do. Costs nothing when the pump runs already.</summary>
    public void Wake()
    {
        if (Interlocked.Increment(ref _signals) == 1)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref _signals);
            Run();
        }
        while (Interlocked.Add(ref _signals, -seen) != 0);
    }

    private void Run()
    {
        while (Next() is { } node && _queue.TryTake(out var message))
        {
            if (!node.TryHandOver(message))
            {
                _queue.Release(message.LockToken);
            }
        }
    }

    /// <summary>The links take turns.</summary>
    private ReceiveNode? Next()
    {
        var nodes = _nodes;
        for (var tried = 0; tried < nodes.Length; tried++)
        {
            _turn = (_turn + 1) % nodes.Length;
            if (nodes[_turn].Wants)
            {
                return nodes[_turn];
            }
        }

        return null;
    }
}
