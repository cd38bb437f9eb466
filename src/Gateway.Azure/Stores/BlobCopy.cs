using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Gateway.Azure.Stores;

/// <summary>Copies blobs inside the account: no octet passes through this program.</summary>
internal static class BlobCopy
{
    private const int Tries = 50;

    /// <summary>A minute. The service may take days over a copy; the stage, whose place is held, comes again later.</summary>
    private const int MaxLooks = 300;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Completes when the copy is whole; one of the same name is replaced. False: there is nothing to copy.</summary>
    /// <exception cref="IOException">The service gave the copy up, or takes too long.</exception>
    public static async Task<bool> CopyAsync(BlobClient from, BlobClient to, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var copy = await to.StartCopyFromUriAsync(from.Uri, new BlobCopyFromUriOptions(), cancel);
                var isDone = copy.GetRawResponse().Headers.TryGetValue("x-ms-copy-status", out var status) && status == "success";
                return isDone || await WaitAsync(to, cancel);
            }
            catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound || e.ErrorCode == BlobErrorCode.CannotVerifyCopySource && e.Status == 404)
            {
                return false;
            }
            catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.PendingCopyOperation)
            {
                if (tries >= Tries)
                {
                    throw new TimeoutException($"Another copy to {to.BlobContainerName}/{to.Name} does not end", e);
                }

                await Task.Delay(Pause, cancel); // another delivery of the message is being kept at the same time
            }
        }
    }

    /// <summary>The end of the copy that is under way, which may be another's of the same blob: the SDK's own waiting fails then.</summary>
    private static async Task<bool> WaitAsync(BlobClient to, CancellationToken cancel)
    {
        for (var looks = 1; ; looks++)
        {
            var status = (await to.GetPropertiesAsync(cancellationToken: cancel)).Value.BlobCopyStatus;
            if (status != CopyStatus.Pending)
            {
                return status == CopyStatus.Success ? true : throw new TimeoutException($"The copy of a blob to {to.BlobContainerName}/{to.Name} was given up");
            }

            if (looks == MaxLooks)
            {
                throw new TimeoutException($"The copy of a blob to {to.BlobContainerName}/{to.Name} is not done in time");
            }

            await Task.Delay(Pause, cancel);
        }
    }

    /// <summary>Renews a blob's last modification; false when there is none.</summary>
    public static async Task<bool> TouchAsync(BlobClient blob, CancellationToken cancel)
    {
        try
        {
            await blob.SetMetadataAsync(new Dictionary<string, string>(), cancellationToken: cancel);
            return true;
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return false;
        }
    }
}
