using System.Buffers;
using System.Collections.Concurrent;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Gateway.Core;
using Gateway.Core.Ports;

namespace Gateway.Azure.Stores;

/// <summary>
/// Raw messages and parts as blobs: in <c>raw</c> and <c>parts</c>, and what records refer to once more in <c>kept</c>, under the same names.
/// </summary>
/// <remarks>
/// Lifecycle rules delete: <c>raw</c> and <c>parts</c> by their age, <c>kept</c> by its last modification, which each
/// <see cref="KeepAsync"/> renews. So what was kept last decides, and raw outlives every record (invariant 12). A failure of the service
/// is an exception of the SDK: the stage that met it is run again.
/// </remarks>
public sealed class BlobMessageStore : IMessageStore
{
    private const int MaxPartNameLength = 64;

    /// <summary>Up to here a blob is read whole.</summary>
    private const int MaxWholeOctets = 1024 * 1024;

    /// <summary>Octets in memory while a stream is read: a request each.</summary>
    private const int ReadBufferOctets = 1024 * 1024;

    private const int AtOnce = 8;

    private static readonly SearchValues<char> PartName = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    private readonly BlobContainerClient _raw;
    private readonly BlobContainerClient _parts;
    private readonly BlobContainerClient _kept;
    private readonly BlobLinks _links;

    /// <param name="storage">The account.</param>
    /// <param name="clock">Tells when links begin and end, and how old a message is.</param>
    public BlobMessageStore(StorageClients storage, TimeProvider clock)
    {
        (_raw, _parts, _kept) = (storage.Raw, storage.Parts, storage.Kept);
        _links = new(storage, clock);
    }

    public async ValueTask<Stream?> OpenRawAsync(MessageId id, CancellationToken cancel) =>
        await OpenAsync(_raw, BlobNames.Raw(id), cancel) ?? await OpenAsync(_kept, BlobNames.Raw(id), cancel);

    public async ValueTask<Stream?> OpenPartAsync(MessageId id, string part, CancellationToken cancel)
    {
        Check(part);
        return await OpenAsync(_parts, BlobNames.Part(id, part), cancel) ?? await OpenAsync(_kept, BlobNames.Part(id, part), cancel);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Copies raw and parts into <c>kept</c>, inside the account; what is there already is copied over, because that renews its
    /// last modification. What only <c>kept</c> still has is renewed by setting its metadata.
    /// </remarks>
    public async ValueTask<bool> KeepAsync(MessageId id, CancellationToken cancel)
    {
        var raw = BlobNames.Raw(id);
        if (!await BlobCopy.CopyAsync(_raw.GetBlobClient(raw), _kept.GetBlobClient(raw), cancel)
            && !await BlobCopy.TouchAsync(_kept.GetBlobClient(raw), cancel))
        {
            return false;
        }

        var copied = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        await ForEachPartAsync(_parts, id, async (part, cancel) =>
            copied[part] = await BlobCopy.CopyAsync(_parts.GetBlobClient(part), _kept.GetBlobClient(part), cancel), cancel);
        await ForEachPartAsync(_kept, id, async (part, cancel) =>
        {
            if (!copied.GetValueOrDefault(part))
            {
                await BlobCopy.TouchAsync(_kept.GetBlobClient(part), cancel);
            }
        }, cancel);
        return true;
    }

    public async ValueTask DeleteAsync(MessageId id, CancellationToken cancel)
    {
        foreach (var container in (BlobContainerClient[])[_parts, _kept])
        {
            await ForEachPartAsync(container, id, async (part, cancel) => await DeleteAsync(container, part, cancel), cancel);
        }

        await DeleteAsync(_kept, BlobNames.Raw(id), cancel);
        await DeleteAsync(_raw, BlobNames.Raw(id), cancel);
    }

    public async ValueTask WritePartAsync(MessageId id, string part, Stream content, CancellationToken cancel)
    {
        Check(part);
        await BlobUpload.WriteAsync(_parts, BlobNames.Part(id, part), content, cancel);
    }

    public ValueTask<Uri> CreateLinkAsync(MessageId id, StoredLink link, DateTimeOffset expires, CancellationToken cancel)
    {
        if (link.Part is not null)
        {
            Check(link.Part);
        }

        return _links.CreateAsync(id, link, expires, cancel);
    }

    /// <summary>
    /// A small blob in one request, into memory: who reads it by blocks then waits for no network. A big one piece by piece; replaced while it
    /// is read, the reading fails: two messages are never mixed.
    /// </summary>
    private static async ValueTask<Stream?> OpenAsync(BlobContainerClient container, string name, CancellationToken cancel)
    {
        var blob = container.GetBlobClient(name);
        try
        {
            // One octet more than is taken whole: whether it is there says whether the blob is bigger.
            using var first = (await blob.DownloadStreamingAsync(new BlobDownloadOptions { Range = new(0, MaxWholeOctets + 1) }, cancel)).Value;
            if (first.Details.ContentLength <= MaxWholeOctets)
            {
                var whole = new byte[first.Details.ContentLength];
                await first.Content.ReadExactlyAsync(whole, cancel);
                return new MemoryStream(whole, writable: false);
            }
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return null;
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.InvalidRange)
        {
            return new MemoryStream([], writable: false); // an empty blob has no first octet
        }

        try
        {
            return await blob.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false) { BufferSize = ReadBufferOctets }, cancel);
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return null;
        }
    }

    private static async Task DeleteAsync(BlobContainerClient container, string name, CancellationToken cancel) =>
        await container.GetBlobClient(name).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancel);

    private static async Task ForEachPartAsync(BlobContainerClient container, MessageId id, Func<string, CancellationToken, ValueTask> act, CancellationToken cancel)
    {
        var parts = container.GetBlobsAsync(new GetBlobsOptions { Prefix = BlobNames.Parts(id) }, cancel);
        await Parallel.ForEachAsync(parts, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
            (part, cancel) => act(part.Name, cancel));
    }

    private static void Check(string part)
    {
        if (part.Length is 0 or > MaxPartNameLength || part[0] == '.' || part.AsSpan().ContainsAnyExcept(PartName))
        {
            throw new ArgumentException("A part's name has 1 to 64 of a-z, 0-9, '-' and '.', not first", nameof(part));
        }
    }
}
