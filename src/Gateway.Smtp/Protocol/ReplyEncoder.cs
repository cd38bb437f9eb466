using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Gateway.Core;

namespace Gateway.Smtp.Protocol;

/// <summary>Replies as octets (RFC 5321 section 4.2, RFC 2034): the enhanced code stands on every line.</summary>
public static class ReplyEncoder
{
    /// <summary>Longest reply line, CRLF included (RFC 5321 section 4.5.3.1.5); what is longer is cut.</summary>
    public const int MaxLineOctets = 512;

    private static readonly SearchValues<char> Printable = SearchValues.Create([.. Enumerable.Range(' ', 0x7f - ' ').Select(c => (char)c)]);

    /// <summary>Most octets that <see cref="Encode"/> writes for this reply.</summary>
    public static int MaxOctets(Reply reply) =>
        reply.Text.Contains('\n', StringComparison.Ordinal)
            ? (reply.Text.AsSpan().Count('\n') + 1) * MaxLineOctets
            : Math.Min(reply.Text.Length + 32, MaxLineOctets);

    /// <summary>Writes the reply and returns its length.</summary>
    public static int Encode(Reply reply, Span<byte> output)
    {
        var written = 0;
        var text = reply.Text.AsSpan();
        while (true)
        {
            var end = text.IndexOf('\n');
            var line = end < 0 ? text : text[..end];
            written += EncodeLine(reply, line, isLast: end < 0, output[written..]);
            if (end < 0)
            {
                return written;
            }

            text = text[(end + 1)..];
        }
    }

    private static int EncodeLine(Reply reply, ReadOnlySpan<char> line, bool isLast, Span<byte> output)
    {
        Utf8Formatter.TryFormat(reply.Code, output, out var written, new StandardFormat('D', 3));
        output[written++] = isLast ? (byte)' ' : (byte)'-';
        if (reply.Status is { } status)
        {
            written += Number(status.Class, '.', output[written..]);
            written += Number(status.Subject, '.', output[written..]);
            written += Number(status.Detail, ' ', output[written..]);
        }

        var room = output[written..Math.Min(output.Length, MaxLineOctets)][..^2];
        line = line[..Math.Min(line.Length, room.Length)];
        if (line.ContainsAnyExcept(Printable))
        {
            // Not a client's text, by contract; but a line break here would let a reply be split in two.
            for (var i = 0; i < line.Length; i++)
            {
                room[i] = Printable.Contains(line[i]) ? (byte)line[i] : (byte)'?';
            }
        }
        else
        {
            Encoding.ASCII.GetBytes(line, room);
        }

        written += line.Length;
        output[written++] = (byte)'\r';
        output[written++] = (byte)'\n';
        return written;
    }

    private static int Number(int number, char end, Span<byte> output)
    {
        Utf8Formatter.TryFormat(number, output, out var written);
        output[written] = (byte)end;
        return written + 1;
    }
}
