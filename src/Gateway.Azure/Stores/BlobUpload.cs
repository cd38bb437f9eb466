using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;

namespace Gateway.Azure.Stores;

/// <summary>Writes a stream of unknown length into a blob that appears whole or not at all.</summary>
/// <remarks>
/// The SDK's own upload would retry what the stream itself fails with, and its writable stream shows an empty blob from the start; here a
/// failing stream fails at once, and leaves blocks that nobody sees and that the service drops in time.
/// </remarks>
internal static class BlobUpload
{
    /// <summary>Octets in memory at a time.</summary>
    private const int BlockOctets = 4 * 1024 * 1024;

    public static async Task WriteAsync(BlobContainerClient container, string name, Stream content, CancellationToken cancel)
    {
        // One octet more than a known length, so that its end is seen in the same reading.
        var most = content.CanSeek ? (int)Math.Clamp(content.Length - content.Position + 1, 1, BlockOctets) : BlockOctets;
        var buffer = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            var first = buffer.AsMemory(0, most);
            var octets = await content.ReadAtLeastAsync(first, most, throwOnEndOfStream: false, cancel);
            var blob = container.GetBlockBlobClient(name);
            if (octets < most)
            {
                using var whole = new MemoryStream(buffer, 0, octets, writable: false);
                await blob.UploadAsync(whole, options: null, cancel);
                return;
            }

            await WriteBlocksAsync(blob, content, buffer, octets, cancel);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task WriteBlocksAsync(BlockBlobClient blob, Stream content, byte[] buffer, int octets, CancellationToken cancel)
    {
        // Ids of this writing alone: blocks of another one that writes the same blob now must never be mixed into it.
        var writing = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var blocks = new List<string>();
        while (octets > 0)
        {
            var id = Convert.ToBase64String(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{writing}-{blocks.Count:d6}")));
            using var block = new MemoryStream(buffer, 0, octets, writable: false);
            await blob.StageBlockAsync(id, block, cancellationToken: cancel);
            blocks.Add(id);
            octets = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        }

        await blob.CommitBlockListAsync(blocks, cancellationToken: cancel);
    }
}
