using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Gateway.Azure.Stores;

/// <summary>Copies blobs inside the account: no octet passes through this program.</summary>
internal static class BlobCopy
{
    private const int Tries = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Completes when the copy is whole; one of the same name is replaced. False: there is nothing to copy.</summary>
    /// <exception cref="IOException">The service gave the copy up.</exception>
    public static async Task<bool> CopyAsync(BlobClient from, BlobClient to, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var copy = await to.StartCopyFromUriAsync(from.Uri, new BlobCopyFromUriOptions(), cancel);
                await copy.WaitForCompletionAsync(Pause, cancel);
                return copy.HasValue ? true : throw new IOException($"The copy of {from.Name} to {to.BlobContainerName} was given up");
            }
            catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.BlobNotFound || e.ErrorCode == BlobErrorCode.CannotVerifyCopySource && e.Status == 404)
            {
                return false;
            }
            catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.PendingCopyOperation && tries < Tries)
            {
                await Task.Delay(Pause, cancel); // another delivery of the message is being kept at the same time
            }
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
