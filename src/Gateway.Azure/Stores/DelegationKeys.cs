using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Gateway.Azure.Stores;

/// <summary>The key that links are signed with: given by the service to whoever has a token, good for days, so one is used for many links.</summary>
internal sealed class DelegationKeys(BlobServiceClient blobs, TimeProvider clock)
{
    /// <summary>Longest life of a link.</summary>
    public static readonly TimeSpan MaxLinkLifetime = KeyLifetime - TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private Task<UserDelegationKey>? _key;

    /// <summary>The clocks of the service and of this machine differ: a key that begins in the service's future is refused, one that ends too late too.</summary>
    private static TimeSpan Skew => TimeSpan.FromMinutes(15);

    /// <summary>Seven days are the most.</summary>
    private static TimeSpan KeyLifetime => TimeSpan.FromDays(7) - 2 * Skew;

    /// <summary>A key that is good until <paramref name="expires"/> at least. One request at a time, however many ask.</summary>
    /// <exception cref="ArgumentOutOfRangeException">That is further away than <see cref="MaxLinkLifetime"/>.</exception>
    public async ValueTask<UserDelegationKey> GetAsync(DateTimeOffset expires, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(expires, clock.GetUtcNow() + MaxLinkLifetime);
        Task<UserDelegationKey> key;
        lock (_lock)
        {
            key = _key = _key is not null && IsGood(_key, expires) ? _key : AskAsync();
        }

        return await key.WaitAsync(cancel);
    }

    /// <summary>Under way is good too: it will outlive every link that may be asked for now.</summary>
    private static bool IsGood(Task<UserDelegationKey> key, DateTimeOffset expires) =>
        !key.IsCompleted || (key.IsCompletedSuccessfully && key.Result.SignedExpiresOn >= expires);

    /// <summary>For everybody who waits, so nobody's token ends it; the SDK's own time-outs do.</summary>
    private async Task<UserDelegationKey> AskAsync()
    {
        var now = clock.GetUtcNow();
        return await blobs.GetUserDelegationKeyAsync(new BlobGetUserDelegationKeyOptions(now + KeyLifetime) { StartsOn = now - Skew }, CancellationToken.None);
    }
}
