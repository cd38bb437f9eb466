using System.Collections.Concurrent;
using System.Text.Json;
using Gateway.Core.Ports;

namespace Gateway.Pipeline.Delivery;

/// <summary>Whether an endpoint is parked. The truth is in the state store, for all replicas; each process looks at most every few seconds.</summary>
public sealed class EndpointParking(IStateStore state, TimeProvider clock)
{
    /// <summary>State collection; the id is the endpoint's.</summary>
    public const string Collection = "endpoint";

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, (ParkedEndpoint? State, long Timestamp)> _seen = new(StringComparer.Ordinal);

    /// <summary>Null when the endpoint is not parked.</summary>
    /// <param name="endpointId">An endpoint of the configuration, never one that only an event names.</param>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask<ParkedEndpoint?> FindAsync(string endpointId, CancellationToken cancel)
    {
        if (_seen.TryGetValue(endpointId, out var seen) && clock.GetElapsedTime(seen.Timestamp) < Fresh)
        {
            return seen.State;
        }

        var entry = await state.GetAsync(new(Collection, endpointId), cancel);
        var found = entry is null ? null : JsonSerializer.Deserialize(entry.Value.Span, RecordJson.Relaxed.ParkedEndpoint);
        found = found is { Parked: true } ? found : null;
        _seen[endpointId] = (found, clock.GetTimestamp());
        return found;
    }

    /// <summary>Parks it; true when it was not parked before.</summary>
    /// <param name="endpointId">The endpoint.</param>
    /// <param name="status">The answer that asked for it.</param>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask<bool> ParkAsync(string endpointId, int status, CancellationToken cancel)
    {
        var key = new StateKey(Collection, endpointId);
        var entry = await state.GetAsync(key, cancel);
        if (entry is not null && JsonSerializer.Deserialize(entry.Value.Span, RecordJson.Relaxed.ParkedEndpoint) is { Parked: true } already)
        {
            _seen[endpointId] = (already, clock.GetTimestamp());
            return false;
        }

        var parked = new ParkedEndpoint { Parked = true, Since = clock.GetUtcNow(), Status = status };
        var value = JsonSerializer.SerializeToUtf8Bytes(parked, RecordJson.Relaxed.ParkedEndpoint);
        var condition = entry is null ? StateCondition.Absent : StateCondition.Matches(entry.ETag);
        var written = await state.PutAsync(key, value, null, condition, cancel);
        _seen[endpointId] = (parked, clock.GetTimestamp());
        return written is not null; // somebody else was faster: theirs is the alert
    }

    /// <summary>Re-enables it: its deliveries go on at their next look. False when it was not parked.</summary>
    public async ValueTask<bool> ResumeAsync(string endpointId, CancellationToken cancel)
    {
        var wasParked = await state.GetAsync(new(Collection, endpointId), cancel) is not null;
        await state.DeleteAsync(new(Collection, endpointId), StateCondition.None, cancel);
        _seen.TryRemove(endpointId, out _);
        return wasParked;
    }
}

/// <summary>The state of an endpoint.</summary>
/// <remarks>Fields are added, never renamed or removed; readers ignore fields that they do not know.</remarks>
public sealed record ParkedEndpoint
{
    public int Version { get; init => field = Math.Max(value, 1); } = 1;

    /// <summary>False is the same as no record.</summary>
    public required bool Parked { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>The status code that asked for it.</summary>
    public int? Status { get; init; }
}
