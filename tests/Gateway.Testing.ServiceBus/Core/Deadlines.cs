using System.Diagnostics.CodeAnalysis;

namespace Gateway.Testing.ServiceBus.Core;

/// <summary>Keys with a due time each. Setting, removing and taking cost O(log n), counted over many.</summary>
internal sealed class Deadlines<TKey>
    where TKey : notnull
{
    private readonly Dictionary<TKey, DateTimeOffset> _due = [];
    private readonly PriorityQueue<TKey, DateTimeOffset> _order = new();

    public int Count => _due.Count;

    /// <summary>Null: nothing is due ever.</summary>
    public DateTimeOffset? Next => TryPeek(out _, out var due) ? due : null;

    public void Set(TKey key, DateTimeOffset due)
    {
        _due[key] = due;
        _order.Enqueue(key, due);

        // Removed keys stay in the heap until they come up; when most of it is such, it is built anew.
        if (_order.Count > (2 * _due.Count) + 64)
        {
            _order.Clear();
            _order.EnqueueRange(_due.Select(entry => (entry.Key, entry.Value)));
        }
    }

    /// <summary>Makes everything due earlier.</summary>
    public void PutForward(TimeSpan by)
    {
        var all = _due.Select(entry => (entry.Key, Due: entry.Value - by)).ToArray();
        _due.Clear();
        _order.Clear();
        foreach (var (key, due) in all)
        {
            Set(key, due);
        }
    }

    public void Remove(TKey key) => _due.Remove(key);

    public bool TryTakeDue(DateTimeOffset now, [MaybeNullWhen(false)] out TKey key)
    {
        if (!TryPeek(out key, out var due) || due > now)
        {
            return false;
        }

        _order.Dequeue();
        _due.Remove(key);
        return true;
    }

    private bool TryPeek([MaybeNullWhen(false)] out TKey key, out DateTimeOffset due)
    {
        while (_order.TryPeek(out key, out due))
        {
            if (_due.TryGetValue(key, out var current) && current == due)
            {
                return true;
            }

            _order.Dequeue();
        }

        return false;
    }
}
