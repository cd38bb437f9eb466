using System.Runtime.CompilerServices;
using Gateway.Smtp.Abuse;
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
internal sealed class ContentReader(SessionServices services, Connection connection)
{
    private Pace _pace = NewPace(services);

    /// <summary>A message begins: its client has all the time again that it may take.</summary>
    public void Restart() => _pace = NewPace(services);

    /// <summary>Reads until the decoder has come to the end of what it is to read.</summary>
    /// <param name="decode">Knows where that is.</param>
    /// <param name="reception">Gets the octets; null: they are dropped, and a drain does not wait for them.</param>
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

            var before = connection.Unread.Length;
            var input = await connection.FillAsync(Math.Min(due, _pace.BeginWait()), interruptible: reception is null);
            _pace.EndWait(connection.Unread.Length - before);
            if (input != Input.More)
            {
                if (input == Input.TimedOut && _pace.IsTooSlow)
                {
                    services.Metrics.CutSlow();
                }

                return new(status, input);
            }
        }
    }

    private static Pace NewPace(SessionServices services) => new(services.Clock, services.Limits.MinDataRate, services.Options.DataBlockTimeout);
}
