namespace Gateway.Pipeline.Inspect;

/// <summary>
/// The message as the parser may see it: the header block within limits, an empty line, and the raw body. Seekable and read-only; closing
/// it leaves the raw stream open. It also watches over the header blocks of parts, which a parser collects before it tells anybody.
/// </summary>
internal sealed class MessageStream(Stream raw, HeaderBlock block, CancellationToken cancel) : Stream
{
    private readonly byte[] _head = [.. block.Octets, .. "\r\n"u8];
    private long _position;
    private long _headerOctets;

    /// <summary>Offset of the body in this stream.</summary>
    public long BodyOffset => _head.Length;

    /// <summary>The raw stream itself failed: not the message's fault.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Not null while a part's header block is read: the octets it may still take.</summary>
    public int? HeaderLimit
    {
        get;
        set
        {
            field = value;
            _headerOctets = 0;
        }
    }

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
        if (HeaderLimit is { } limit && (_headerOctets += read) > limit)
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
