using Microsoft.Extensions.Options;

namespace Gateway.Pipeline.Delivery;

/// <summary>How many requests to one endpoint may be under way in this process, so that a hanging endpoint leaves room for the others.</summary>
public sealed class EndpointSlots(IOptions<DeliveryOptions> options, TimeProvider clock)
{
    /// <summary>An endpoint whose slots have not changed hands for so long hangs.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Taken, long ChangedAt)> _slots = new(StringComparer.Ordinal);

    /// <summary>A slot, given back by disposing it; null when all are taken. Never waits.</summary>
    public IDisposable? TryTake(string endpointId)
    {
        lock (_gate)
        {
            var (taken, _) = _slots.GetValueOrDefault(endpointId);
            if (taken >= options.Value.SlotsPerEndpoint)
            {
                return null;
            }

            _slots[endpointId] = (taken + 1, clock.GetTimestamp());
            return new Slot(this, endpointId);
        }
    }

    /// <summary>A slot was taken or given back lately: one is likely to be free soon. False for an endpoint that hangs.</summary>
    public bool IsMoving(string endpointId)
    {
        lock (_gate)
        {
            return !_slots.TryGetValue(endpointId, out var slots) || clock.GetElapsedTime(slots.ChangedAt) < Lately;
        }
    }

    private void GiveBack(string endpointId)
    {
        lock (_gate)
        {
            var (taken, _) = _slots[endpointId];
            if (taken == 1)
            {
                _slots.Remove(endpointId); // endpoints come and go with the configuration
            }
            else
            {
                _slots[endpointId] = (taken - 1, clock.GetTimestamp());
            }
        }
    }

    private sealed class Slot(EndpointSlots slots, string endpointId) : IDisposable
    {
        private EndpointSlots? _owner = slots;

        public void Dispose() => Interlocked.Exchange(ref _owner, null)?.GiveBack(endpointId);
    }
}
