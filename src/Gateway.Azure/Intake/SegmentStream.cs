namespace Gateway.Azure.Intake;

/// <summary>
/// Reads segments, as often as a request is tried. The segments go back to the pool while a request that was given up may still be about to
/// read: from <see cref="Detach"/> on it gets an error instead of another message's octets. So every octet is copied out under the lock.
/// </summary>
internal sealed class SegmentStream(Segments segments) : Stream
{
    private readonly Lock _lock = new();
    private readonly int _length = segments.Octets;
    private Segments? _segments = segments;
    private int _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 && value <= int.MaxValue ? (int)value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    /// <summary>When it returns, nobody reads the segments by this stream any more.</summary>
    public void Detach()
    {
        lock (_lock)
        {
            _segments = null;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_segments is null, this);
            var read = _segments.Read(_position, buffer);
            _position += read;
            return read;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => _length + offset,
    };

    public override void Flush()
    {
        // Nothing is written.
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
