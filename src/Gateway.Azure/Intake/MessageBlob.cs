using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Gateway.Azure.Intake;

/// <summary>One message's blob: written whole or block by block, visible only when it is complete, and never over another.</summary>
/// <param name="blob">Named by the message.</param>
/// <param name="parent">The session's span: a block may be staged in the course of another session's call.</param>
internal sealed class MessageBlob(BlockBlobClient blob, ActivityContext parent)
{
    /// <summary>The metadata by which we know what we wrote.</summary>
    private const string Writer = "writer";

    /// <summary>The service's limit of blocks in a blob.</summary>
    private const int MaxBlocks = 50_000;

    /// <summary>What is read ahead when a message is judged.</summary>
    private const int ReadOctets = 128 * 1024;

    private readonly string _writer = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly List<string> _blocks = [];

    /// <summary>Writes the whole message in one request.</summary>
    public async Task PutAsync(Segments octets, CancellationToken cancel)
    {
        using var span = Start("blob.put");
        var body = new SegmentStream(octets);
        try
        {
            await OnceAsync(octets.Octets, () => blob.UploadAsync(body, new BlobUploadOptions
            {
                HttpHeaders = Headers,
                Metadata = Metadata,
                Conditions = IfAbsent,
                TransferOptions = new() { InitialTransferSize = SegmentBudget.BlockOctets, MaximumConcurrency = 1 },
            }, cancel), cancel);
        }
        finally
        {
            body.Detach();
        }
    }

    /// <summary>Stores one more block, which nobody sees until <see cref="CommitAsync"/>; one call at a time.</summary>
    public async Task StageAsync(Segments octets, CancellationToken cancel)
    {
        if (_blocks.Count == MaxBlocks)
        {
            throw new IOException($"The message has more than {MaxBlocks} blocks");
        }

        using var span = Start("blob.stage");
        var block = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{_writer}{_blocks.Count:D6}"));
        _blocks.Add(block);
        var body = new SegmentStream(octets);
        try
        {
            await blob.StageBlockAsync(block, body, cancellationToken: cancel);
            AzureDiagnostics.Write(AzureDiagnostics.BlobStaged);
        }
        finally
        {
            body.Detach();
        }
    }

    /// <summary>Makes the staged blocks the message.</summary>
    public async Task CommitAsync(long octets, CancellationToken cancel)
    {
        using var span = Start("blob.commit");
        await OnceAsync(octets, () => blob.CommitBlockListAsync(_blocks, new CommitBlockListOptions
        {
            HttpHeaders = Headers,
            Metadata = Metadata,
            Conditions = IfAbsent,
        }, cancel), cancel);
    }

    public Task<Stream> OpenReadAsync(CancellationToken cancel) =>
        blob.OpenReadAsync(new BlobOpenReadOptions(allowModifications: false) { BufferSize = ReadOctets }, cancel);

    public Task DeleteAsync(CancellationToken cancel) => blob.DeleteIfExistsAsync(cancellationToken: cancel);

    /// <summary>
    /// The SDK tries again when an answer was lost; if the first try had been carried out, the next finds the name taken, by ourselves.
    /// </summary>
    private async Task OnceAsync(long octets, Func<Task<Response<BlobContentInfo>>> write, CancellationToken cancel)
    {
        try
        {
            await write();
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            if (!await IsOursAsync(octets, cancel))
            {
                throw;
            }
        }

        AzureDiagnostics.Write(AzureDiagnostics.BlobStored);
    }

    private async Task<bool> IsOursAsync(long octets, CancellationToken cancel)
    {
        var stored = (await blob.GetPropertiesAsync(cancellationToken: cancel)).Value;
        return stored.ContentLength == octets && stored.Metadata.TryGetValue(Writer, out var writer) && writer == _writer;
    }

    private Activity? Start(string name) => AzureTelemetry.Source.StartActivity(name, ActivityKind.Client, parent);

    private static BlobHttpHeaders Headers => new() { ContentType = "message/rfc822" };

    private static BlobRequestConditions IfAbsent => new() { IfNoneMatch = ETag.All };

    private Dictionary<string, string> Metadata => new(StringComparer.Ordinal) { [Writer] = _writer };
}
