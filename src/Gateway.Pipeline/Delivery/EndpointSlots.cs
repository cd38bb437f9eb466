using Microsoft.Extensions.Options;

namespace Gateway.Pipeline.Delivery;

/// <summary>How many requests to one endpoint may be under way in this process, so that a hanging endpoint leaves room for the others.</summary>
public sealed class EndpointSlots(IOptions<DeliveryOptions> options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _taken = new(StringComparer.Ordinal);

    /// <summary>A slot, given back by disposing it; null when all are taken. Never waits.</summary>
    public IDisposable? TryTake(string endpointId)
    {
        lock (_gate)
        {
            var taken = _taken.GetValueOrDefault(endpointId);
            if (taken >= options.Value.SlotsPerEndpoint)
            {
                return null;
            }

            _taken[endpointId] = taken + 1;
            return new Slot(this, endpointId);
        }
    }

    private void GiveBack(string endpointId)
    {
        lock (_gate)
        {
            if (--_taken[endpointId] == 0)
            {
                _taken.Remove(endpointId); // endpoints come and go with the configuration
            }
        }
    }

    private sealed class Slot(EndpointSlots slots, string endpointId) : IDisposable
    {
        private EndpointSlots? _slots = slots;

        public void Dispose() => Interlocked.Exchange(ref _slots, null)?.GiveBack(endpointId);
    }
}
