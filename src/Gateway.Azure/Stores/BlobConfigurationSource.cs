using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Gateway.Core.Ports;

namespace Gateway.Azure.Stores;

/// <summary>The configuration document as a blob in the container <c>config</c>.</summary>
/// <remarks>Asked each second, so what was read last is kept and the service sends it again only when it is another.</remarks>
public sealed class BlobConfigurationSource(StorageClients storage, string blobName = BlobConfigurationSource.DefaultBlobName) : IConfigurationSource
{
    public const string DefaultBlobName = "gateway.json";

    /// <summary>The metadata by which a writing knows its own document.</summary>
    private const string Writing = "writing";

    private readonly BlobClient _blob = storage.Config.GetBlobClient(blobName);
    private volatile ConfigurationText? _last;

    public string Name => $"blob {_blob.BlobContainerName}/{_blob.Name}";

    public async ValueTask<ConfigurationText?> ReadAsync(CancellationToken cancel)
    {
        var last = _last;
        try
        {
            var unlessKnown = new BlobRequestConditions { IfNoneMatch = last is null ? null : new ETag(last.ETag) };
            var answer = await _blob.DownloadStreamingAsync(new BlobDownloadOptions { Conditions = unlessKnown }, cancel);
            if (answer.GetRawResponse().Status == 304)
            {
                return last;
            }

            using var download = answer.Value;
            return _last = new(await ReadAllAsync(download, cancel), download.Details.ETag.ToString());
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return _last = null;
        }
        catch (Exception e) when (SdkFailure.Is(e, cancel))
        {
            throw SdkFailure.As(e, Name);
        }
    }

    public async ValueTask<string?> WriteAsync(ReadOnlyMemory<byte> octets, string? eTag, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(octets.Length, IConfigurationSource.MaxOctets);
        if (eTag is not (null or ['"', .., '"']))
        {
            return null; // not one of ours; a '*' would mean "whatever is there" to the service
        }

        var writing = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        try
        {
            var unlessChanged = eTag is null ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new() { IfMatch = new ETag(eTag) };
            var options = new BlobUploadOptions
            {
                Conditions = unlessChanged,
                HttpHeaders = new() { ContentType = "application/json" },
                Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [Writing] = writing },
            };
            return (await _blob.UploadAsync(new BinaryData(octets), options, cancel)).Value.ETag.ToString();
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.ConditionNotMet || e.ErrorCode == BlobErrorCode.BlobAlreadyExists || e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return await ETagOfAsync(writing, cancel);
        }
        catch (Exception e) when (SdkFailure.Is(e, cancel))
        {
            throw SdkFailure.As(e, Name);
        }
    }

    /// <summary>An answer may be lost; the SDK then sends again, and what it meets is our own first sending. Null: the document is another's.</summary>
    private async ValueTask<string?> ETagOfAsync(string writing, CancellationToken cancel)
    {
        try
        {
            var stored = (await _blob.GetPropertiesAsync(cancellationToken: cancel)).Value;
            return stored.Metadata.TryGetValue(Writing, out var writer) && writer == writing ? stored.ETag.ToString() : null;
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return null;
        }
        catch (Exception e) when (SdkFailure.Is(e, cancel))
        {
            throw SdkFailure.As(e, Name);
        }
    }

    /// <summary>A document that is too big is refused by its length, before it is read.</summary>
    private async ValueTask<byte[]> ReadAllAsync(BlobDownloadStreamingResult download, CancellationToken cancel)
    {
        if (download.Details.ContentLength > IConfigurationSource.MaxOctets)
        {
            throw new IOException($"{Name} has more than {IConfigurationSource.MaxOctets} octets");
        }

        var octets = new byte[download.Details.ContentLength];
        await download.Content.ReadExactlyAsync(octets, cancel);
        return octets;
    }
}
