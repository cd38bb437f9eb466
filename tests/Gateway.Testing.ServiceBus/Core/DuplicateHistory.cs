namespace Gateway.Testing.ServiceBus.Core;

/// <summary>The message-ids taken within a window of time, each with the sequence number that its message got.</summary>
internal sealed class DuplicateHistory(TimeSpan window)
{
    private readonly Dictionary<string, long> _taken = new(StringComparer.Ordinal);
    private readonly Queue<(string MessageId, DateTimeOffset At)> _order = new();

    /// <summary>The sequence number under which the id was taken; null: it is not known.</summary>
    public long? Find(string messageId, DateTimeOffset now)
    {
        while (_order.TryPeek(out var oldest) && now - oldest.At >= window)
        {
            _taken.Remove(_order.Dequeue().MessageId);
        }

        return _taken.TryGetValue(messageId, out var number) ? number : null;
    }

    /// <summary>Only for an id that <see cref="Find"/> does not know.</summary>
    public void Add(string messageId, long sequenceNumber, DateTimeOffset now)
    {
        _taken.Add(messageId, sequenceNumber);
        _order.Enqueue((messageId, now));
    }

    /// <summary>Makes all that was taken older.</summary>
    public void PutForward(TimeSpan by)
    {
        for (var left = _order.Count; left > 0; left--)
        {
            var (messageId, at) = _order.Dequeue();
            _order.Enqueue((messageId, at - by));
        }
    }
}
