using System.Collections.Concurrent;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>Endpoints that answer 200, but hold the first requests of some deliveries until they are let go. For one run.</summary>
/// <param name="most">How many deliveries.</param>
internal sealed class HeldRequests(int most)
{
    private readonly ConcurrentDictionary<string, CancellationToken> _held = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _again = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _gate = new(0);
    private int _first;

    /// <summary>Deliveries whose first request was held.</summary>
    public int Count => _held.Count;

    /// <summary>Those of them that came again while somebody still waited for the first answer: not since a time-out was over, which is a retry.</summary>
    public int CameAgain => _again.Count;

    /// <param name="requests">How many; null: all.</param>
    public void Release(int? requests = null) => _gate.Release(requests ?? most);

    public async Task<int> AnswerAsync(FarmRequest request)
    {
        if (request.Number == 1 && Interlocked.Increment(ref _first) <= most)
        {
            _held[request.DeliveryId] = request.Http.RequestAborted;
            await _gate.WaitAsync(request.Http.RequestAborted); // what nobody waits for is no answer
        }
        else if (_held.TryGetValue(request.DeliveryId, out var gone) && !gone.IsCancellationRequested)
        {
            _again[request.DeliveryId] = true;
        }

        return 200;
    }
}
