using System.Collections.Concurrent;

namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>What the clients sent and what they were promised.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<string, Entry> _sent = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _refusals = new(StringComparer.Ordinal);
    private long _numbers;
    private int _accepted;
    private int _unanswered;

    /// <summary>Messages whose final 250 was read to its last octet.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Messages that were sent to their end and got no whole answer.</summary>
    public int Unanswered => Volatile.Read(ref _unanswered);

    /// <summary>Final replies that were no 250, and how often; a crash causes none, for it says nothing.</summary>
    public IReadOnlyDictionary<string, int> Refusals => _refusals;

    /// <summary>By SHA-256.</summary>
    public IReadOnlyDictionary<string, Entry> Sent => _sent;

    public long NextNumber() => Interlocked.Increment(ref _numbers);

    /// <summary>Its octets are about to leave: from here on the gateway may have it.</summary>
    public void Sending(LoadMessage message) => Assert.True(_sent.TryAdd(message.Sha256, new(message.Recipients)), "Two messages have the same octets");

    public void Promised(LoadMessage message)
    {
        _sent[message.Sha256].IsAccepted = true;
        Interlocked.Increment(ref _accepted);
    }

    public void NotAnswered() => Interlocked.Increment(ref _unanswered);

    public void Refused(string reply) => _refusals.AddOrUpdate(reply, 1, (_, count) => count + 1);

    /// <summary>A message that was sent.</summary>
    internal sealed class Entry(IReadOnlyList<string> recipients)
    {
        public IReadOnlyList<string> Recipients { get; } = recipients;

        public bool IsAccepted { get; set; }
    }
}
