using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Testing.ServiceBus.Core;

/// <summary>One queue: what waits, what is locked, what is for later. Knows neither sockets nor AMQP.</summary>
/// <remarks>
/// Everything under the lock costs O(log n). Locks belong to the queue and not to who received: a link that closes frees nothing.
/// The dead-letter subqueue's lock is only ever taken inside this queue's, never the other way round.
/// </remarks>
internal sealed partial class MessageQueue
{
    private readonly Lock _lock = new();
    private readonly QueueRules _rules;
    private readonly TimeProvider _clock;
    private readonly DuplicateHistory? _duplicates;
    private readonly SortedSet<long> _ready = [];
    private readonly SortedSet<long> _numbers = [];
    private readonly Dictionary<long, QueuedMessage> _messages = [];
    private readonly Dictionary<Guid, QueuedMessage> _locked = [];
    private long _lastSequenceNumber;

    /// <summary>Without a queue for dead letters it is such a subqueue itself.</summary>
    public MessageQueue(QueueRules rules, TimeProvider clock, MessageQueue? deadLetters)
    {
        (_rules, _clock, DeadLetters) = (rules, clock, deadLetters);
        _duplicates = rules.DuplicateDetectionWindow is { } window ? new(window) : null;
        _timer = clock.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Name => _rules.Name;

    public MessageQueue? DeadLetters { get; }

    /// <summary>Called whenever a message may wait to be taken; must only wake somebody.</summary>
    public Action? Ready { get; set; }

    /// <summary>Takes all: what could keep it from that was looked at before. A duplicate is taken and dropped.</summary>
    /// <returns>The sequence number of each; that of the first one for a duplicate.</returns>
    public IReadOnlyList<long> Send(IReadOnlyList<Draft> drafts)
    {
        using var entered = Enter();
        var now = entered.Now;
        return [.. drafts.Select(draft => Add(draft, now))];
    }

    /// <summary>Locks the oldest ready message for whoever asks.</summary>
    public bool TryTake([NotNullWhen(true)] out MessageView? message)
    {
        using var entered = Enter();
        if (_ready.Count == 0)
        {
            message = null;
            return false;
        }

        message = Hold(_messages[_ready.Min], entered.Now);
        return true;
    }

    /// <summary>Ends the message's life.</summary>
    /// <returns>False, as in all settlements: the lock is lost.</returns>
    public bool Complete(Guid token)
    {
        using var entered = Enter();
        if (Unlock(token) is not { } message)
        {
            return false;
        }

        Remove(message);
        return true;
    }

    /// <summary>Gives the message back at once; at the limit of deliveries it becomes a dead letter.</summary>
    public bool Abandon(Guid token, ImmutableDictionary<string, ReadOnlyMemory<byte>> changes)
    {
        using var entered = Enter();
        if (Unlock(token) is not { } message)
        {
            return false;
        }

        message.Changes = message.Changes.SetItems(changes);
        GiveBack(message, entered.Now);
        return true;
    }

    /// <summary>Gives back what was delivered and never looked at: the delivery does not count.</summary>
    public bool Release(Guid token)
    {
        using var entered = Enter();
        if (Unlock(token) is not { } message)
        {
            return false;
        }

        message.DeliveryCount--;
        GiveBack(message, entered.Now);
        return true;
    }

    /// <summary>Puts the message aside: from now on it is had by its sequence number only.</summary>
    public bool Defer(Guid token, ImmutableDictionary<string, ReadOnlyMemory<byte>> changes)
    {
        using var entered = Enter();
        if (Unlock(token) is not { } message)
        {
            return false;
        }

        message.Changes = message.Changes.SetItems(changes);
        message.State = MessageState.Deferred;
        if (ExpiryOf(message) <= entered.Now)
        {
            Expire(message);
        }

        return true;
    }

    /// <summary>Moves the message to the dead-letter subqueue; in that queue itself it only gives it back.</summary>
    public bool DeadLetter(Guid token, string? reason, string? description, ImmutableDictionary<string, ReadOnlyMemory<byte>> changes)
    {
        using var entered = Enter();
        if (Unlock(token) is not { } message)
        {
            return false;
        }

        message.Changes = message.Changes.SetItems(changes);
        Bury(message, reason, description);
        return true;
    }

    private long Add(Draft draft, DateTimeOffset now)
    {
        if (draft.MessageId is { } id && _duplicates?.Find(id, now) is { } first)
        {
            return first;
        }

        var message = new QueuedMessage(draft, ++_lastSequenceNumber) { EnqueuedAt = now };
        if (draft.MessageId is { } taken)
        {
            _duplicates?.Add(taken, message.SequenceNumber, now);
        }

        Put(message);
        if (draft.ScheduledFor is { } due && due > now)
        {
            message.State = MessageState.Scheduled;
            _scheduled.Set(message.SequenceNumber, due);
        }
        else
        {
            Activate(message);
        }

        return message.SequenceNumber;
    }

    private void Put(QueuedMessage message)
    {
        _messages.Add(message.SequenceNumber, message);
        _numbers.Add(message.SequenceNumber);
    }

    private void Activate(QueuedMessage message)
    {
        message.State = MessageState.Active;
        if (ExpiryOf(message) is { } expiry)
        {
            _expiring.Set(message.SequenceNumber, expiry);
        }

        _ready.Add(message.SequenceNumber);
    }

    private MessageView Hold(QueuedMessage message, DateTimeOffset now)
    {
        // The delivery counts from here: whoever dies with a message in hand must not get it for ever.
        message.DeliveryCount++;
        message.LockToken = NewToken();
        message.LockedUntil = now + _rules.LockDuration;
        _ready.Remove(message.SequenceNumber);
        _locked.Add(message.LockToken.Value, message);
        _locks.Set(message.LockToken.Value, message.LockedUntil);
        return message.View();
    }

    private static Guid NewToken() => Guid.NewGuid();

    private QueuedMessage? Unlock(Guid token)
    {
        if (!_locked.Remove(token, out var message))
        {
            return null;
        }

        _locks.Remove(token);
        message.LockToken = null;
        return message;
    }

    private void GiveBack(QueuedMessage message, DateTimeOffset now)
    {
        if (ExpiryOf(message) <= now)
        {
            Expire(message);
        }
        else if (message.DeliveryCount >= _rules.MaxDeliveryCount)
        {
            Bury(message, "MaxDeliveryCountExceeded", $"Message could not be consumed after {_rules.MaxDeliveryCount} delivery attempts.");
        }
        else if (message.State == MessageState.Active)
        {
            _ready.Add(message.SequenceNumber);
        }
    }

    private void Expire(QueuedMessage message)
    {
        if (_rules.DeadLettersExpired)
        {
            Bury(message, "TTLExpiredException", "The message expired and was dead lettered.");
        }
        else
        {
            Remove(message);
        }
    }

    private void Bury(QueuedMessage message, string? reason, string? description)
    {
        message.DeadLetter = new(reason, description, message.DeadLetter?.Source ?? Name);
        if (DeadLetters is null)
        {
            _ready.Add(message.SequenceNumber);
            return;
        }

        Remove(message);
        DeadLetters.Admit(message);
    }

    private void Admit(QueuedMessage message)
    {
        using var entered = Enter();
        message.SequenceNumber = ++_lastSequenceNumber;
        Put(message);
        Activate(message);
    }

    private void Remove(QueuedMessage message)
    {
        _messages.Remove(message.SequenceNumber);
        _numbers.Remove(message.SequenceNumber);
        _ready.Remove(message.SequenceNumber);
        _expiring.Remove(message.SequenceNumber);
        _scheduled.Remove(message.SequenceNumber);
    }
}
