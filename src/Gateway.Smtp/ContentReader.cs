using System.Runtime.CompilerServices;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>How the reading of content ended.</summary>
/// <param name="Status">What the decoder said last.</param>
/// <param name="Input">Other than More: the content is not whole, because this came between.</param>
internal readonly record struct ContentRead(DataStatus Status, Input Input);

/// <summary>One step of a decoder: takes what it can of the input, and overwrites the front of it with what is the message's.</summary>
internal delegate DataStatus Decoding(Span<byte> input, out int consumed, out int written);

/// <summary>Reads the content of a message off a connection and hands it on as it comes.</summary>
internal sealed class ContentReader(Connection connection, SmtpOptions options)
{
    /// <summary>Reads until the decoder has come to the end of what it is to read.</summary>
    /// <param name="decode">Knows where that is.</param>
    /// <param name="reception">Gets the octets; null: they are dropped.</param>
    /// <param name="due">When it must have been read as a whole, by <see cref="Alarm.In"/>.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ContentRead> ReadAsync(Decoding decode, Reception? reception, long due)
    {
        while (true)
        {
            var status = decode(connection.Unread.Span, out var consumed, out var written);
            var octets = connection.Unread[..written];
            connection.Consume(consumed);
            if (written > 0 && reception is not null)
            {
                await reception.WriteAsync(octets);
            }

            if (status != DataStatus.NeedMore)
            {
                return new(status, Input.More);
            }

            var until = Math.Min(due, connection.Alarm.In(options.DataBlockTimeout));
            var input = await connection.FillAsync(until, interruptible: false);
            if (input != Input.More)
            {
                return new(status, input);
            }
        }
    }
}
