using System.Buffers;
using MimeKit;

namespace Gateway.Pipeline.Inspect;

/// <summary>An entity's octets as they were sent, as a seekable stream that checks on the way whether they follow their encoding.</summary>
internal sealed class EncodedStream(MessageStream message, Entity entity) : Stream
{
    private static readonly SearchValues<byte> Base64Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    private long _position;
    private long _digits;
    private bool _padded;
    private int _escape;
    private bool _isBroken;

    /// <summary>
    /// Of what was read so far: base64 with other characters than its own or a length that no octets have (RFC 2045 section 6.8), or
    /// quoted-printable whose "=" begins nothing (section 6.7).
    /// </summary>
    public bool IsBroken => _isBroken || (entity.Encoding == ContentEncoding.Base64 && _position == Length && _digits % 4 == 1);

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => entity.End - entity.Start;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    /// <summary>The decoded octets. Closing the stream closes nothing else.</summary>
    public Stream Open() => new MimeContent(this, entity.Encoding).Open();

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, Math.Max(0, Length - _position));
        if (wanted == 0)
        {
            return 0;
        }

        message.Position = entity.Start + _position;
        var read = message.Read(buffer[..wanted]);
        _position += read;
        Check(buffer[..read]);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin)
    {
        _position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => Length + offset,
        };
        (_digits, _padded, _escape) = (0, false, 0);
        return _position;
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Check(ReadOnlySpan<byte> octets)
    {
        if (_isBroken)
        {
            return;
        }

        if (entity.Encoding == ContentEncoding.Base64)
        {
            CheckBase64(octets);
        }
        else if (entity.Encoding == ContentEncoding.QuotedPrintable)
        {
            CheckQuotedPrintable(octets);
        }
    }

    private void CheckBase64(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty)
        {
            var run = octets.IndexOfAnyExcept(Base64Alphabet);
            var digits = run < 0 ? octets.Length : run;
            _isBroken |= digits > 0 && _padded;
            _digits += digits;
            if (run < 0)
            {
                return;
            }

            _padded |= octets[run] == '=';
            _isBroken |= octets[run] is not ((byte)'=' or (byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t');
            octets = octets[(run + 1)..];
        }
    }

    // _escape: 0 text, 1 behind "=", 2 behind "=" and one digit, 3 behind "=" and white space.
    private void CheckQuotedPrintable(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty)
        {
            if (_escape == 0)
            {
                var equals = octets.IndexOf((byte)'=');
                if (equals < 0)
                {
                    return;
                }

                octets = octets[(equals + 1)..];
                _escape = 1;
                continue;
            }

            var octet = octets[0];
            octets = octets[1..];
            _escape = (_escape, octet) switch
            {
                (1 or 3, (byte)'\r' or (byte)'\n') => 0,
                (1 or 3, (byte)' ' or (byte)'\t') => 3,
                (1, _) when char.IsAsciiHexDigit((char)octet) => 2,
                (2, _) when char.IsAsciiHexDigit((char)octet) => 0,
                _ => Break(),
            };
        }
    }

    private int Break()
    {
        _isBroken = true;
        return 0;
    }
}
