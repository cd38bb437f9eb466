namespace Gateway.Testing.ServiceBus.Faults;

/// <summary>The faults that are still to come, by queue. Of several kinds for one send, the first in the order of <see cref="SendFaultKind"/> happens.</summary>
internal sealed class SendFaultPlan
{
    /// <summary>Stands for every queue.</summary>
    private const string All = "*";

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Queue, SendFaultKind Kind), int> _left = [];
    private readonly Dictionary<string, TimeSpan> _delays = [];

    /// <summary>How many sends went wrong since the broker began.</summary>
    public int Met { get; private set; }

    /// <summary>0 sends end the fault; no queue means all of them.</summary>
    public void Set(SendFaultKind kind, int sends, string? queue)
    {
        lock (_lock)
        {
            _left[(Key(queue), kind)] = sends;
        }
    }

    /// <summary>Zero ends it; no queue means all of them.</summary>
    public void SetDelay(TimeSpan delay, string? queue)
    {
        lock (_lock)
        {
            _delays[Key(queue)] = delay;
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _left.Clear();
            _delays.Clear();
        }
    }

    /// <summary>The fault of the send that arrives now; it is used up.</summary>
    public SendFault Next(string queue)
    {
        lock (_lock)
        {
            return new(NextKind(Key(queue)), _delays.GetValueOrDefault(Key(queue), _delays.GetValueOrDefault(All)));
        }
    }

    private SendFaultKind NextKind(string queue)
    {
        foreach (var kind in Enum.GetValues<SendFaultKind>())
        {
            if (Use((queue, kind)) || Use((All, kind)))
            {
                Met++;
                return kind;
            }
        }

        return SendFaultKind.None;
    }

    private bool Use((string Queue, SendFaultKind Kind) key)
    {
        var left = _left.GetValueOrDefault(key);
        if (left is > 0 and < BrokerFaults.Always)
        {
            _left[key] = left - 1;
        }

        return left > 0;
    }

    private static string Key(string? queue) => queue?.ToUpperInvariant() ?? All;
}
