using System.Net.Http.Headers;
using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Sas;
using Gateway.Core;
using Gateway.Core.Ports;

namespace Gateway.Azure.Stores;

/// <summary>
/// Links with a shared access signature: read one blob, by https only, until a time. What they lead to is mail from strangers, so it is
/// to be saved and never shown.
/// </summary>
internal sealed class BlobLinks(StorageClients storage, TimeProvider clock)
{
    private const string AnyOctets = "application/octet-stream";

    /// <summary>A link begins before it is made: the clocks of the service and of this machine differ.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <summary>
    /// So long after it came a message is surely in <c>raw</c>, and stays there while a link of <see cref="DelegationKeys.MaxLinkLifetime"/>
    /// lasts: its retention is at least 30 days (invariant 12).
    /// </summary>
    private static readonly TimeSpan Young = TimeSpan.FromDays(30) - DelegationKeys.MaxLinkLifetime - TimeSpan.FromDays(1);

    private readonly DelegationKeys _keys = new(storage.Blobs, clock);

    public async ValueTask<Uri> CreateAsync(MessageId id, StoredLink link, DateTimeOffset expires, CancellationToken cancel)
    {
        var blob = await FindAsync(id, link.Part, cancel);
        var now = clock.GetUtcNow();
        var sas = new BlobSasBuilder(BlobSasPermissions.Read, expires)
        {
            BlobContainerName = blob.BlobContainerName,
            BlobName = blob.Name,
            Resource = "b",
            StartsOn = now - Skew,
            Protocol = storage.IsEmulator ? SasProtocol.HttpsAndHttp : SasProtocol.Https,
            ContentType = Ascii.IsValid(link.ContentType) && MediaTypeHeaderValue.TryParse(link.ContentType, out _) ? link.ContentType : AnyOctets,
            ContentDisposition = AttachmentName.Disposition(link.FileName ?? $"{id}{(link.Part is null ? ".eml" : "")}"),
            CacheControl = "private, no-store",
        };
        return storage.IsEmulator ? blob.GenerateSasUri(sas) : blob.GenerateUserDelegationSasUri(sas, await _keys.GetAsync(expires, cancel));
    }

    /// <summary>The blob that the link leads to; the kept copy of an old message, which may be all that is left of it.</summary>
    private async ValueTask<BlobClient> FindAsync(MessageId id, string? part, CancellationToken cancel)
    {
        var name = part is null ? BlobNames.Raw(id) : BlobNames.Part(id, part);
        var kept = storage.Kept.GetBlobClient(name);
        return clock.GetUtcNow() - id.Time > Young && await kept.ExistsAsync(cancel)
            ? kept
            : (part is null ? storage.Raw : storage.Parts).GetBlobClient(name);
    }
}
