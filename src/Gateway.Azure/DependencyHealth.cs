using Microsoft.Extensions.Logging;

namespace Gateway.Azure;

/// <summary>Whether mail can be stored and queued now, for readiness probes.</summary>
public sealed class DependencyHealth(StorageClients storage, BusClients bus, TimeProvider clock, ILogger<DependencyHealth> logger)
{
    /// <summary>An answer is good for so long: anybody may ask, and each look is a request that is paid for.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    /// <summary>A probe that is answered late counts as failed by who asks.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private Task<IReadOnlyList<string>>? _last;
    private long _lookedAt;

    /// <summary>What cannot be used, in words for a person; empty when all can.</summary>
    public Task<IReadOnlyList<string>> ProblemsAsync()
    {
        lock (_gate)
        {
            if (_last is null || (_last.IsCompleted && clock.GetElapsedTime(_lookedAt) >= Freshness))
            {
                _lookedAt = clock.GetTimestamp();
                _last = LookAsync();
            }

            return _last;
        }
    }

    private async Task<IReadOnlyList<string>> LookAsync()
    {
        var looks = await Task.WhenAll(
            LookAsync("blob storage", cancel => storage.Raw.GetPropertiesAsync(cancellationToken: cancel)),
            LookAsync("Service Bus", bus.ProbeAsync));
        return [.. looks.OfType<string>()];
    }

    private async Task<string?> LookAsync(string name, Func<CancellationToken, Task> look)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        try
        {
            await look(patience.Token).WaitAsync(patience.Token);
            return null;
        }
        catch (Exception e)
        {
            logger.DependencyDown(e, name);
            return $"{name} cannot be reached";
        }
    }
}
