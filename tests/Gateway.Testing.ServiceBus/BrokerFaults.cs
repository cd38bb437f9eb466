using Gateway.Testing.ServiceBus.Core;
using Gateway.Testing.ServiceBus.Faults;

namespace Gateway.Testing.ServiceBus;

/// <summary>Makes the broker fail as the real service does on a bad day. A fault ends when its count is used up, or when it is set to none.</summary>
/// <remarks>
/// A batch is one send, and so is a request to schedule. A <c>queue</c> is one queue's name, or null for all. The client repeats a send by itself
/// after a busy server or a lost connection: a test that wants to see the failure needs more faults than the client has tries.
/// </remarks>
public sealed class BrokerFaults
{
    /// <summary>As a count of sends: until it is set anew.</summary>
    public const int Always = int.MaxValue;

    private readonly SendFaultPlan _plan;
    private readonly BrokerQueues _queues;
    private readonly Func<int> _dropConnections;

    /// <summary>How many sends went wrong until now; delays do not count. A test that makes faults can see whether there were any.</summary>
    public int Met => _plan.Met;

    internal BrokerFaults(SendFaultPlan plan, BrokerQueues queues, Func<int> dropConnections) =>
        (_plan, _queues, _dropConnections) = (plan, queues, dropConnections);

    /// <summary>The next sends are refused as <c>com.microsoft:server-busy</c>; nothing is stored.</summary>
    public void AnswerServerBusy(int sends, string? queue = null) => Set(SendFaultKind.ServerBusy, sends, queue);

    /// <summary>The next sends are refused as <c>amqp:resource-limit-exceeded</c>, which the client does not try again; nothing is stored.</summary>
    public void AnswerQuotaExceeded(int sends, string? queue = null) => Set(SendFaultKind.QuotaExceeded, sends, queue);

    /// <summary>The next sends are stored, but their connection ends before the sender hears of it.</summary>
    public void LoseAnswers(int sends, string? queue = null) => Set(SendFaultKind.AnswerLost, sends, queue);

    /// <summary>The connection of each of the next sends ends before anything is stored.</summary>
    public void CutConnections(int sends, string? queue = null) => Set(SendFaultKind.CutBeforeStore, sends, queue);

    /// <summary>Sends are stored at once and answered after <paramref name="delay"/> by the broker's clock; zero ends it.</summary>
    public void DelayAnswers(TimeSpan delay, string? queue = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        _plan.SetDelay(delay, Known(queue));
    }

    /// <summary>Every lock that is held now, in the dead-letter subqueue too, expires now; the deliveries count.</summary>
    /// <returns>How many there were.</returns>
    public int ExpireLocks(string? queue = null)
    {
        Known(queue);
        return _queues.All
            .Where(entity => queue is null || entity.Name.Equals(queue, StringComparison.OrdinalIgnoreCase))
            .Sum(entity => entity.Queue.ExpireLocks() + entity.Queue.DeadLetters!.ExpireLocks());
    }

    /// <summary>Ends every connection that is open now, without a word of AMQP. New ones are taken at once.</summary>
    /// <returns>How many there were.</returns>
    public int DropConnections() => _dropConnections();

    /// <summary>From here on nothing goes wrong.</summary>
    public void Clear() => _plan.Clear();

    private void Set(SendFaultKind kind, int sends, string? queue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sends);
        _plan.Set(kind, sends, Known(queue));
    }

    private string? Known(string? queue) =>
        queue is null || _queues.TryFind(queue, out _) ? queue : throw new ArgumentException($"The broker has no queue \"{queue}\"", nameof(queue));
}
