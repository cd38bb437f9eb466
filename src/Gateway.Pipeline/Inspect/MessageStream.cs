namespace Gateway.Pipeline.Inspect;

/// <summary>
/// The message as the parser may see it: the header block within limits, an empty line, and the raw body. Seekable and read-only; closing
/// it leaves the raw stream open. It also watches over the header blocks of parts, which a parser collects before it tells anybody.
/// </summary>
internal sealed class MessageStream(Stream raw, HeaderBlock block, CancellationToken cancel) : Stream
{
    private readonly byte[] _head = [.. block.Octets, .. "\r\n"u8];
    private long _position;
    private long _blockOctets = int.MaxValue; // what may still be read
    private long _fieldOctets = int.MaxValue;
    private int _maxFieldOctets = int.MaxValue;

    /// <summary>Offset of the body in this stream.</summary>
    public long BodyOffset => _head.Length;

    /// <summary>The raw stream itself failed: not the message's fault.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>A header block begins: from now on, reading more than these octets of it, or of one field, throws.</summary>
    public void WatchHeaders(int maxBlockOctets, int maxFieldOctets) => (_blockOctets, _fieldOctets, _maxFieldOctets) = (maxBlockOctets, maxFieldOctets, maxFieldOctets);

    /// <summary>A field is over.</summary>
    public void WatchNextField() => _fieldOctets = _maxFieldOctets;

    /// <summary>The header block is over.</summary>
    public void StopWatching() => WatchHeaders(int.MaxValue, int.MaxValue);

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _head.Length + Math.Max(0, raw.Length - block.BodyOffset);

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    public override int Read(Span<byte> buffer)
    {
        cancel.ThrowIfCancellationRequested();
        var read = _position < _head.Length ? ReadHead(buffer) : ReadBody(buffer);
        _position += read;
        if (_maxFieldOctets < int.MaxValue && ((_blockOctets -= read) < 0 || (_fieldOctets -= read) < 0))
        {
            throw new ReadLimitException(Defect.HeaderTooLarge);
        }

        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => _position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int ReadHead(Span<byte> buffer)
    {
        var rest = _head.AsSpan((int)_position);
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        return count;
    }

    private int ReadBody(Span<byte> buffer)
    {
        try
        {
            var wanted = _position - _head.Length + block.BodyOffset;
            if (raw.Position != wanted)
            {
                raw.Position = wanted;
            }

            return raw.Read(buffer);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            HasFailed = true;
            throw;
        }
    }
}

/// <summary>Ends reading at a limit, from inside the parser's call-backs, which have no other way out. Never leaves <see cref="EntityReader"/>.</summary>
internal sealed class ReadLimitException(string defect) : Exception
{
    public string Defect { get; } = defect;
}
