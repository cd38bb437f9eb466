using Microsoft.Extensions.Options;

namespace Gateway.Pipeline.Delivery;

/// <summary>How many requests to one endpoint may be under way in this process, so that a hanging endpoint leaves room for the others.</summary>
public sealed class EndpointSlots(IOptions<DeliveryOptions> options, TimeProvider clock)
{
    /// <summary>What a request is taken to last before one has: a burst to a quick endpoint must not wait for seconds.</summary>
    private static readonly TimeSpan FirstGuess = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(100);

    /// <summary>With more waiting than fit into it, the queue turns over once in this time.</summary>
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, State> _endpoints = new(StringComparer.Ordinal); // as many as configurations named

    /// <summary>A slot, given back by disposing it; null when all are taken. Never waits.</summary>
    public IDisposable? TryTake(string endpointId)
    {
        lock (_gate)
        {
            if (!_endpoints.TryGetValue(endpointId, out var state))
            {
                state = new() { AverageHold = FirstGuess };
                _endpoints.Add(endpointId, state);
            }

            if (state.Taken >= options.Value.SlotsPerEndpoint)
            {
                return null;
            }

            state.Taken++;
            state.LastTakenAt = clock.GetTimestamp();
            return new Slot(this, state, state.LastTakenAt);
        }
    }

    /// <summary>
    /// When a delivery that found no slot is to look again: behind those that were told before it, as far apart as slots are given back.
    /// So a delivery looks once or twice, however many wait and however long the endpoint takes.
    /// </summary>
    /// <param name="endpointId">An endpoint that <see cref="TryTake"/> refused.</param>
    public DateTimeOffset Reserve(string endpointId)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (!_endpoints.TryGetValue(endpointId, out var state))
            {
                return now + LeastWait;
            }

            // While none comes back, a request lasts at least as long as the newest has: an endpoint that hangs shows before its time-out.
            var newest = state.Taken > 0 ? clock.GetElapsedTime(state.LastTakenAt) : TimeSpan.Zero;
            var hold = newest > state.AverageHold ? newest : state.AverageHold;
            var turn = (state.NextTurn > now ? state.NextTurn : now) + (hold / options.Value.SlotsPerEndpoint);
            state.NextTurn = turn < now + MostWait ? turn : now + MostWait;
            return state.NextTurn > now + LeastWait ? state.NextTurn : now + LeastWait;
        }
    }

    private void GiveBack(State state, long takenAt)
    {
        lock (_gate)
        {
            state.Taken--;
            state.AverageHold += (clock.GetElapsedTime(takenAt) - state.AverageHold) / 4; // the last handful counts
        }
    }

    private sealed class State
    {
        public int Taken;
        public long LastTakenAt;
        public TimeSpan AverageHold;
        public DateTimeOffset NextTurn;
    }

    private sealed class Slot(EndpointSlots slots, State state, long takenAt) : IDisposable
    {
        private EndpointSlots? _owner = slots;

        public void Dispose() => Interlocked.Exchange(ref _owner, null)?.GiveBack(state, takenAt);
    }
}
