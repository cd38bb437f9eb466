using System.Security.Cryptography;

namespace Gateway.Pipeline.Inspect;

/// <summary>
/// An entity's decoded octets, counted and hashed while they are read, so that storing, measuring and hashing are one pass. Where a
/// decoder gives up, they end.
/// </summary>
internal sealed class MeasuredStream(MessageStream message, Entity entity, Findings findings, CancellationToken cancel) : Stream
{
    private readonly EncodedStream _encoded = new(message, entity);
    private Stream? _decoded;
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Octets { get; private set; }

    public byte[] Sha256() => _sha256.GetCurrentHash();

    /// <inheritdoc cref="EncodedStream.IsBroken"/>
    public bool IsBroken => _encoded.IsBroken;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => Octets;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        cancel.ThrowIfCancellationRequested();
        var read = Decode(buffer, offset, count);
        _sha256.AppendData(buffer, offset, read);
        Octets += read;
        return read;
    }

    private int Decode(byte[] buffer, int offset, int count)
    {
        try
        {
            _decoded ??= _encoded.Open();
            return _decoded.Read(buffer, offset, count);
        }
        catch (Exception error) when (error is not OperationCanceledException && !message.HasFailed)
        {
            findings.Cut(Defect.Unparsable);
            return 0;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Read(buffer, offset, count));
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (System.Runtime.InteropServices.MemoryMarshal.TryGetArray<byte>(buffer, out var array))
        {
            return ValueTask.FromResult(Read(array.Array!, array.Offset, array.Count));
        }

        return base.ReadAsync(buffer, cancellationToken);
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _sha256.Dispose();
        _decoded?.Dispose();
        _encoded.Dispose();
        base.Dispose(disposing);
    }
}
