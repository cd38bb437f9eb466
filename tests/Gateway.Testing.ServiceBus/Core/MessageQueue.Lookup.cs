using System.Diagnostics.CodeAnalysis;

namespace Gateway.Testing.ServiceBus.Core;

/// <summary>What is asked of a queue beside its flow: renewing, looking, fetching by number, cancelling.</summary>
internal sealed partial class MessageQueue
{
    /// <summary>Starts the locks anew; null, and nothing renewed: one of them is lost.</summary>
    public IReadOnlyList<DateTimeOffset>? Renew(IReadOnlyList<Guid> tokens)
    {
        using var entered = Enter();
        if (!tokens.All(_locked.ContainsKey))
        {
            return null;
        }

        var until = entered.Now + _rules.LockDuration;
        foreach (var token in tokens)
        {
            _locked[token].LockedUntil = until;
            _locks.Set(token, until);
        }

        return [.. tokens.Select(_ => until)];
    }

    /// <summary>The messages from a number on, whatever state they are in; nothing changes for them.</summary>
    public IReadOnlyList<MessageView> Peek(long fromSequenceNumber, int count)
    {
        using var entered = Enter();
        return [.. _numbers.GetViewBetween(fromSequenceNumber, long.MaxValue).Take(count).Select(number => _messages[number].View() with { LockToken = Guid.Empty })];
    }

    /// <summary>How many messages are in which state; its own only, not those of the dead-letter subqueue.</summary>
    public QueueCounts Count()
    {
        using var entered = Enter();
        return new(_ready.Count, _locked.Count, _scheduled.Count, _scheduled.Next, DeadLetters: 0);
    }

    /// <summary>Locks deferred messages by their numbers, all or none.</summary>
    public bool TryTakeDeferred(IReadOnlyList<long> sequenceNumbers, [NotNullWhen(true)] out IReadOnlyList<MessageView>? messages)
    {
        using var entered = Enter();
        var now = entered.Now;
        var found = sequenceNumbers.Select(number => _messages.GetValueOrDefault(number)).ToArray();
        if (found.Distinct().Count() != found.Length || !found.All(message => message is { State: MessageState.Deferred, LockToken: null }))
        {
            messages = null;
            return false;
        }

        messages = [.. found.Select(message => Hold(message!, now))];
        return true;
    }

    /// <summary>Takes back messages whose time has not come, all or none.</summary>
    public bool Cancel(IReadOnlyList<long> sequenceNumbers)
    {
        using var entered = Enter();
        var found = sequenceNumbers.Select(number => _messages.GetValueOrDefault(number)).Distinct().ToArray();
        if (!found.All(message => message is { State: MessageState.Scheduled }))
        {
            return false;
        }

        foreach (var message in found)
        {
            Remove(message!);
        }

        return true;
    }
}
