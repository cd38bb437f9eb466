using MimeKit;

namespace Gateway.Pipeline.Inspect;

/// <summary>
/// Reads a message into its tree of entities. MimeKit's reader tells of each part as it passes and keeps nothing, where its parser keeps
/// every header, preamble and epilogue in objects: so the tree's size is set by our limits and not by the sender.
/// </summary>
internal sealed class EntityReader : MimeReader
{
    private const int ReadAheadOctets = 16 * 1024; // the reader has a few KiB more than it has told of

    private readonly MessageStream _message;
    private readonly InspectOptions _limits;
    private readonly Findings _findings;
    private readonly Stack<Entity> _open = new();
    private readonly List<Header> _fields = [];
    private Entity? _root;
    private long _headerOctets;
    private int _parts;
    private int _messageDepth;

    private EntityReader(MessageStream message, ParserOptions options, InspectOptions limits, Findings findings)
        : base(options, message, MimeFormat.Entity)
    {
        (_message, _limits, _findings) = (message, limits, findings);
    }

    /// <summary>The root entity; when reading broke off, as far as it came. Null when it did not come as far as one.</summary>
    /// <exception cref="IOException">The raw message can't be read (or whatever its stream throws).</exception>
    public static Entity? Read(MessageStream message, InspectOptions limits, Findings findings, CancellationToken cancel)
    {
        message.Position = 0;
        var options = MimeText.ParserOptions(limits);
        var reader = new EntityReader(message, options, limits, findings);
        try
        {
            reader.ReadEntity(cancel);
        }
        catch (ReadLimitException limit)
        {
            findings.Cut(limit.Defect);
        }
        catch (Exception error) when (error is not OperationCanceledException && !message.HasFailed)
        {
            findings.Cut(Defect.Unparsable);
        }

        message.StopWatching();
        reader.CloseOpen();
        return reader._root;
    }

    protected override void OnHeadersBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        _fields.Clear();
        var isMessage = _root is null || _messageDepth > 0;
        _message.WatchHeaders((isMessage ? _limits.MaxHeaderOctets : _limits.MaxPartHeaderOctets) + ReadAheadOctets, _limits.MaxFieldOctets + ReadAheadOctets);
    }

    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken)
    {
        _message.WatchNextField();
        if (header.Id is HeaderId.ContentType or HeaderId.ContentDisposition or HeaderId.ContentTransferEncoding or HeaderId.ContentId)
        {
            _fields.Add(header);
        }
    }

    protected override void OnHeadersEnd(long beginOffset, int beginLineNumber, long endOffset, int endLineNumber, CancellationToken cancellationToken)
    {
        _message.StopWatching();
        _headerOctets += _root is null ? 0 : endOffset - beginOffset;
        if (_headerOctets > _limits.MaxAllPartHeaderOctets)
        {
            // Header fields cost a parser far more than content does.
            throw new ReadLimitException(Defect.HeaderTooLarge);
        }
    }

    protected override void OnMimePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        if (Begin(contentType) is { } entity && (contentType.IsMimeType("multipart", "*") || IsOpenMessage(contentType, entity.Encoding)))
        {
            // The reader takes these for plain parts only where it may go no deeper.
            _findings.Cut(Defect.TooDeep);
        }
    }

    protected override void OnMimePartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken) =>
        End(headersEndOffset, endOffset);

    protected override void OnMultipartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        if (Begin(contentType) is { } entity)
        {
            entity.Parts = [];
            if (string.IsNullOrEmpty(contentType.Boundary))
            {
                _findings.Add(Defect.MissingBoundary);
                entity.IsTerminated = true; // said once
            }
        }
    }

    protected override void OnMultipartEndBoundaryEnd(long beginOffset, int beginLineNumber, long endOffset, CancellationToken cancellationToken)
    {
        if (_messageDepth == 0 && _open.TryPeek(out var multipart))
        {
            multipart.IsTerminated = true;
        }
    }

    protected override void OnMultipartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken) =>
        End(headersEndOffset, endOffset);

    protected override void OnMessagePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        Begin(contentType);
        _messageDepth++;
    }

    protected override void OnMessagePartEnd(
        ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken)
    {
        _messageDepth--;
        End(headersEndOffset, endOffset);
    }

    private static bool IsOpenMessage(ContentType type, ContentEncoding encoding) =>
        encoding is not (ContentEncoding.Base64 or ContentEncoding.QuotedPrintable or ContentEncoding.UUEncode)
        && (type.IsMimeType("message", "rfc822") || type.IsMimeType("message", "global") || type.IsMimeType("message", "news"));

    // Null inside an attached message: its parts are its own, and only counted.
    private Entity? Begin(ContentType type)
    {
        if (++_parts > _limits.MaxParts)
        {
            throw new ReadLimitException(Defect.TooManyParts);
        }

        if (_messageDepth > 0)
        {
            return null;
        }

        var entity = EntityFields.Read(type, _fields, _findings);
        entity.Start = entity.End = -1;
        if (_open.TryPeek(out var parent))
        {
            parent.Parts!.Add(entity);
        }
        else
        {
            _root ??= entity;
        }

        _open.Push(entity);
        return entity;
    }

    private void End(long start, long end)
    {
        if (_messageDepth > 0)
        {
            return;
        }

        var entity = _open.Pop();
        (entity.Start, entity.End) = (start, Math.Max(start, end));
        CheckMultipart(entity);
    }

    private void CheckMultipart(Entity entity)
    {
        if (entity.Parts is null)
        {
            return;
        }

        if (!entity.IsTerminated)
        {
            _findings.Add(entity.Parts.Count == 0 ? Defect.MissingBoundary : Defect.UnterminatedMultipart);
        }

        if (entity.Parts.Count == 0 && entity.End > entity.Start)
        {
            // Whatever it holds, a person may want to read it.
            (entity.Parts, entity.MediaType, entity.Encoding) = (null, "text/plain", ContentEncoding.EightBit);
        }
    }

    // After breaking off: a leaf that has no end is forgotten, the multiparts around it keep what they have.
    private void CloseOpen()
    {
        while (_open.TryPop(out var entity))
        {
            if (entity.IsMultipart)
            {
                continue;
            }

            if (_open.TryPeek(out var parent))
            {
                parent.Parts!.Remove(entity);
            }
            else
            {
                _root = null;
            }
        }
    }
}
