using System.Buffers;
using MimeKit;

namespace Gateway.Pipeline.Inspect;

/// <summary>
/// The top header block, read by ourselves so that nothing behind it ever sees an endless field or a million of them: only well-formed
/// fields within the limits, each ended by CRLF.
/// </summary>
/// <param name="Octets">The fields; without the empty line.</param>
/// <param name="BodyOffset">Where the body begins in the raw message.</param>
internal sealed record HeaderBlock(byte[] Octets, long BodyOffset)
{
    /// <summary>
    /// Reads from the start of the stream up to the first empty line. A line that is no field is left out when a well-known field follows
    /// it; otherwise the body begins there.
    /// </summary>
    public static HeaderBlock Read(Stream raw, InspectOptions options, Findings findings, CancellationToken cancel) =>
        new Reader(raw, options, findings, cancel).Read();

    /// <summary>The fields one by one. A field that even now is none is left out.</summary>
    public List<Header> Fields(ParserOptions options)
    {
        var fields = new List<Header>();
        var at = 0;
        while (at < Octets.Length)
        {
            var end = EndOfField(at);
            if (Header.TryParse(options, Octets, at, end - at, out var header))
            {
                fields.Add(header);
            }

            at = end;
        }

        return fields;
    }

    private int EndOfField(int start)
    {
        var at = start;
        while (true)
        {
            var feed = Octets.AsSpan(at).IndexOf((byte)'\n');
            at = feed < 0 ? Octets.Length : at + feed + 1;
            if (at >= Octets.Length || Octets[at] is not ((byte)' ' or (byte)'\t'))
            {
                return at;
            }
        }
    }

    private sealed class Reader(Stream raw, InspectOptions options, Findings findings, CancellationToken cancel)
    {
        private readonly ArrayBufferWriter<byte> _block = new();
        private readonly ArrayBufferWriter<byte> _line = new();
        private readonly byte[] _buffer = new byte[16 * 1024];
        private int _start;
        private int _end;
        private long _offset;
        private int _fields;
        private int _fieldOctets;
        private bool _lineCut;
        private bool _dropping;

        public HeaderBlock Read()
        {
            var body = 0L;
            long? doubt = null; // where the body begins if the next line isn't a field of the header either
            while (TakeLine() is { } start)
            {
                var line = _line.WrittenSpan;
                line = line.EndsWith("\r"u8) ? line[..^1] : line;
                if (doubt is { } begin && !IsKnownField(line))
                {
                    return new(_block.WrittenSpan.ToArray(), begin);
                }

                doubt = null;
                if (line.IsEmpty)
                {
                    body = _offset;
                    break;
                }

                if (!Append(line, atStart: start == 0))
                {
                    findings.Add(Defect.MalformedHeader);
                    doubt = start;
                }

                body = doubt ?? _offset;
            }

            return new(_block.WrittenSpan.ToArray(), body);
        }

        // False for what is no part of a header.
        private bool Append(ReadOnlySpan<byte> line, bool atStart)
        {
            if (_fields == 0)
            {
                var trimmed = line.TrimStart(" \t"u8); // there is nothing to continue yet
                Note(trimmed.Length < line.Length, Defect.MalformedHeader);
                line = trimmed.IsEmpty ? line : trimmed;
            }

            var continues = line[0] is (byte)' ' or (byte)'\t';
            if (!continues && !IsField(line))
            {
                // The line that mbox files put in front; some senders send it along.
                return atStart && (line.StartsWith("From "u8) || line.StartsWith(">From "u8));
            }

            if (!continues)
            {
                _fieldOctets = 0;
                _dropping = ++_fields > options.MaxHeaderFields;
                Cut(_dropping, Defect.HeadersTruncated);
            }

            Keep(line);
            return true;
        }

        private void Keep(ReadOnlySpan<byte> line)
        {
            if (_dropping)
            {
                return;
            }

            Cut(_lineCut, Defect.HeaderTooLarge);
            var room = options.MaxFieldOctets - _fieldOctets - 2;
            if (line.Length > room)
            {
                findings.Cut(Defect.HeaderTooLarge);
                line = line[..Math.Max(room, 0)];
            }

            if (_block.WrittenCount + line.Length + 2 > options.MaxHeaderOctets)
            {
                findings.Cut(Defect.HeadersTruncated);
                (_dropping, _fields) = (true, options.MaxHeaderFields);
                return;
            }

            // A line of white space alone would end the block for a reader that trims it.
            if (!line.IsEmpty && line.ContainsAnyExcept(" \t"u8))
            {
                _block.Write(line);
                _block.Write("\r\n"u8);
                _fieldOctets += line.Length + 2;
            }
        }

        private void Note(bool found, string defect)
        {
            if (found)
            {
                findings.Add(defect);
            }
        }

        private void Cut(bool cut, string defect)
        {
            if (cut)
            {
                findings.Cut(defect);
            }
        }

        // RFC 5322 section 2.2: printable ASCII but the colon; section 4.5 lets white space stand before the colon.
        private static bool IsField(ReadOnlySpan<byte> line)
        {
            var colon = line.IndexOf((byte)':');
            if (colon <= 0)
            {
                return false;
            }

            var name = line[..colon].TrimEnd(" \t"u8);
            return !name.IsEmpty && !name.ContainsAnyExceptInRange((byte)33, (byte)126);
        }

        // A field that everybody knows: plain text behind a header without its empty line seldom looks so.
        private static bool IsKnownField(ReadOnlySpan<byte> line)
        {
            if (!IsField(line))
            {
                return false;
            }

            byte[] empty = [.. line[..(line.IndexOf((byte)':') + 1)], .. "\r\n"u8];
            return Header.TryParse(empty, out var field) && (field.Id != HeaderId.Unknown || field.Field.StartsWith("X-", StringComparison.OrdinalIgnoreCase));
        }

        // The offset of one line, which is then in _line without its LF; null at the end. The octets past the limit are read and dropped.
        private long? TakeLine()
        {
            var start = _offset;
            _line.ResetWrittenCount();
            _lineCut = false;
            var any = false;
            while (Fill())
            {
                any = true;
                var chunk = _buffer.AsSpan(_start, _end - _start);
                var feed = chunk.IndexOf((byte)'\n');
                var text = feed < 0 ? chunk : chunk[..feed];
                var room = options.MaxFieldOctets - _line.WrittenCount;
                _lineCut |= text.Length > room;
                _line.Write(text[..Math.Min(text.Length, room)]);
                var taken = feed < 0 ? text.Length : feed + 1;
                _start += taken;
                _offset += taken;
                if (feed >= 0)
                {
                    break;
                }
            }

            return any ? start : null;
        }

        private bool Fill()
        {
            if (_start == _end)
            {
                cancel.ThrowIfCancellationRequested();
                (_start, _end) = (0, raw.Read(_buffer, 0, _buffer.Length));
            }

            return _start < _end;
        }
    }
}
