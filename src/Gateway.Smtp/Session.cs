using System.Diagnostics;
using Gateway.Core;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>One client from the connection to the last reply: commands are read, done and answered one after the other.</summary>
internal sealed class Session : IAsyncDisposable
{
    private readonly SessionServices _services;
    private readonly Connection _connection;
    private readonly ListenerKind _kind;
    private readonly long _id;
    private readonly Entrance _entrance;
    private readonly CommandReader _commandReader;
    private readonly Allowance _allowance;
    private readonly Dialogue _dialogue;
    private Entry _entry;
    private Verb _verb; // of the command in hand

    public Session(SessionServices services, Connection connection, ListenerKind kind, long id)
    {
        (_services, _connection, _kind, _id) = (services, connection, kind, id);
        _entrance = new(services, connection);
        _commandReader = new(connection, services.Options);
        _allowance = new(services.Options, connection.Alarm);
        _dialogue = new(services, connection, _commandReader, kind, _allowance, id);
    }

    /// <summary>Talks until the end. Never throws: a fault of ours is logged, and 421 if it can still be said.</summary>
    public async Task RunAsync()
    {
        Activity.Current = null; // each message begins a trace of its own
        Reply? last = Replies.LocalError;
        try
        {
            last = await ConverseAsync();
        }
        catch (Exception e)
        {
            _services.Logger.SessionFailed(e, _id);
            Answer(Replies.LocalError);
        }
        finally
        {
            // Whoever is thrown out may still be sending; a drain does not wait for idle ones.
            await _connection.CloseAsync(linger: last is { ClosesConnection: true } && last != Replies.Bye && last != Replies.ShuttingDown);
            _services.Logger.SessionEnded(_id, _entry.Client?.Ip);
        }
    }

    public ValueTask DisposeAsync() => _dialogue.DisposeAsync();

    /// <returns>The last reply; null when the client went away.</returns>
    private async Task<Reply?> ConverseAsync()
    {
        _entry = await _entrance.EnterAsync(_allowance.Due);
        if (_entry.IsGone || (_kind.BeginsWithTls && _entry.Refusal is null && !await SecureAsync()))
        {
            return null;
        }

        var reply = Answer(_entry.Refusal ?? await _dialogue.GreetAsync(_entry));
        while (!reply.ClosesConnection)
        {
            _verb = Verb.Unknown;
            var read = await _commandReader.ReadAsync(Math.Min(_allowance.Due, _connection.Alarm.In(_services.Options.CommandTimeout)));
            var next = read.IsGone ? null : read.Reply ?? await ExecuteAsync(read.Line.Span);
            if (next is null)
            {
                return null;
            }

            reply = Answer(next);
            if ((ReferenceEquals(reply, Replies.ReadyForTls) && !await SecureAsync()) || (_connection.HasMuchToSend && !await _connection.FlushAsync()))
            {
                return null;
            }
        }

        return reply;
    }

    private ValueTask<Reply?> ExecuteAsync(ReadOnlySpan<byte> line)
    {
        _verb = CommandLine.Split(line, out var argument);
        return _dialogue.ExecuteAsync(_verb, line, argument);
    }

    /// <summary>Writes the reply, or the one that ends the session when there were too many errors.</summary>
    private Reply Answer(Reply reply)
    {
        if (reply.Code >= 500 && !reply.ClosesConnection && !_allowance.TakeError())
        {
            reply = Replies.TooManyErrors;
        }

        if (!reply.IsAccepted)
        {
            _services.Logger.Refused(_id, _verb, reply.Code);
        }

        _connection.Write(reply);
        _services.Metrics.Replied(_verb, reply);
        return reply;
    }

    /// <summary>After 220 to STARTTLS, or first of all. False when the handshake failed: there is no way back to plain text (RFC 3207 section 4.1).</summary>
    private async ValueTask<bool> SecureAsync()
    {
        if (!await _connection.FlushAsync() || _services.Tls.Get() is not { } options)
        {
            return false;
        }

        if (await _connection.SecureAsync(options, _services.Options.TlsHandshakeTimeout) is { } reason)
        {
            _services.Logger.HandshakeFailed(_id, reason);
            return false;
        }

        _dialogue.Forget();
        return true;
    }
}
