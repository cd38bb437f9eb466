using System.Runtime.CompilerServices;
using Gateway.Core;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>One command line, or the reply that is due instead; neither: the client went away.</summary>
/// <param name="Line">Without its CRLF; good until the connection is read again.</param>
/// <param name="Reply">Not null: there is no line, and this is to be said.</param>
/// <param name="IsGone">Nobody is left to talk to.</param>
internal readonly record struct CommandRead(ReadOnlyMemory<byte> Line, Reply? Reply, bool IsGone);

/// <summary>Reads command lines off a connection. The replies before one go out when its octets are still to come.</summary>
internal sealed class CommandReader(Connection connection, SmtpOptions options, SmtpMetrics metrics)
{
    /// <param name="due">When the line must be there as a whole, by <see cref="Alarm.In"/>.</param>
    /// <param name="mayBeForeign">What comes may be no SMTP at all: it is looked at first.</param>
    public ValueTask<CommandRead> ReadAsync(long due, bool mayBeForeign) => ReadAsync(due, options.MaxCommandLineOctets, mayBeForeign);

    /// <param name="due">When the line must be there as a whole, by <see cref="Alarm.In"/>.</param>
    /// <param name="maxOctets">Longest line taken, CRLF included; under the 64 KB that a connection holds.</param>
    /// <param name="mayBeForeign">What comes may be no SMTP at all: it is looked at first.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<CommandRead> ReadAsync(long due, int maxOctets, bool mayBeForeign = false)
    {
        while (!connection.Alarm.IsDraining)
        {
            var unread = connection.Unread;
            if (mayBeForeign && ForeignProtocol.Recognise(unread.Span) is var protocol and not Foreign.None)
            {
                metrics.CutForeign(protocol);
                return Instead(Replies.NotSmtp);
            }

            switch (CommandLine.TryTake(unread.Span, maxOctets, out var line, out var consumed))
            {
                case LineStatus.Complete:
                    connection.Consume(consumed);
                    return new(unread[..line.Length], null, IsGone: false);
                case LineStatus.TooLong:
                    return await SkipAsync(due);
                case LineStatus.BadLineEnding:
                    return Instead(Replies.BadLineEnding);
            }

            var input = await connection.FillAsync(due, interruptible: true);
            if (input != Input.More)
            {
                return Instead(input);
            }
        }

        return Instead(Replies.ShuttingDown);
    }

    /// <summary>Reads past an overlong line: its tail must not be read as a command.</summary>
    private async ValueTask<CommandRead> SkipAsync(long due)
    {
        for (var skipped = 0; ;)
        {
            var status = CommandLine.Skip(connection.Unread.Span, out var consumed);
            connection.Consume(consumed);
            skipped += consumed;
            if (status != LineStatus.NeedMore)
            {
                return Instead(status == LineStatus.Complete ? Replies.LineTooLong : Replies.BadLineEnding);
            }

            if (skipped > options.MaxSkippedLineOctets)
            {
                return Instead(Replies.EndlessLine);
            }

            var input = await connection.FillAsync(due, interruptible: true);
            if (input != Input.More)
            {
                return Instead(input);
            }
        }
    }

    private static CommandRead Instead(Reply reply) => new(default, reply, IsGone: false);

    private static CommandRead Instead(Input input) => input switch
    {
        Input.TimedOut => Instead(Replies.TimedOut),
        Input.Draining => Instead(Replies.ShuttingDown),
        Input.Overloaded => Instead(Replies.Overloaded),
        _ => new(default, null, IsGone: true),
    };
}
