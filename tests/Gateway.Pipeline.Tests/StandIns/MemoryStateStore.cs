using System.Collections.Concurrent;
using Gateway.Core.Ports;

namespace Gateway.Pipeline.Tests.StandIns;

/// <summary>A state store in memory, as strict about keys and sizes as the port says.</summary>
internal sealed class MemoryStateStore(TimeProvider clock) : IStateStore
{
    private readonly ConcurrentDictionary<StateKey, StateEntry> _entries = new();
    private readonly Lock _gate = new();
    private int _version;

    /// <summary>What the next calls throw; null: they work.</summary>
    public Exception? Fault { get; set; }

    public ValueTask<StateEntry?> GetAsync(StateKey key, CancellationToken cancel)
    {
        Check(key);
        return ValueTask.FromResult(Find(key));
    }

    public ValueTask<string?> PutAsync(
        StateKey key, ReadOnlyMemory<byte> value, DateTimeOffset? expires, StateCondition condition, CancellationToken cancel)
    {
        Check(key);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, IStateStore.MaxValueOctets);
        lock (_gate)
        {
            if (!Holds(key, condition))
            {
                return ValueTask.FromResult<string?>(null);
            }

            var eTag = $"{++_version}";
            _entries[key] = new(key, value.ToArray(), eTag, expires);
            return ValueTask.FromResult<string?>(eTag);
        }
    }

    public ValueTask<bool> DeleteAsync(StateKey key, StateCondition condition, CancellationToken cancel)
    {
        Check(key);
        lock (_gate)
        {
            return ValueTask.FromResult(Holds(key, condition) && (_entries.TryRemove(key, out _) || true));
        }
    }

    public ValueTask<StatePage> ListAsync(string collection, string prefix, string? continuation, int max, CancellationToken cancel)
    {
        var found = _entries.Values
            .Where(entry => entry.Key.Collection == collection && entry.Key.Id.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(entry => entry.Key.Id, StringComparer.Ordinal)
            .ToArray();
        return ValueTask.FromResult(new StatePage(found, null));
    }

    public StateEntry Single(string collection) => Assert.Single(_entries.Values, entry => entry.Key.Collection == collection);

    public int Count(string collection) => _entries.Values.Count(entry => entry.Key.Collection == collection);

    private StateEntry? Find(StateKey key) =>
        _entries.TryGetValue(key, out var entry) && (entry.Expires is not { } expires || expires > clock.GetUtcNow()) ? entry : null;

    private bool Holds(StateKey key, StateCondition condition) =>
        condition.MustBeAbsent ? Find(key) is null : condition.ETag is null || Find(key)?.ETag == condition.ETag;

    private void Check(StateKey key)
    {
        if (Fault is { } fault)
        {
            throw fault;
        }

        foreach (var part in (ReadOnlySpan<string>)[key.Collection, key.Id])
        {
            Assert.InRange(part.Length, 1, 200);
            Assert.DoesNotContain(part, c => c is < ' ' or > '~' or '/' or '\\' or '#' or '?' or '%');
        }
    }
}
