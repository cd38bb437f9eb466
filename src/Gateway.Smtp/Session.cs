using System.Diagnostics;
using Gateway.Core;
using Gateway.Smtp.Abuse;
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

    public Session(SessionServices services, Connection connection, ListenerKind kind, long id, ClientLease? lease)
    {
        (_services, _connection, _kind, _id) = (services, connection, kind, id);
        _entrance = new(services, connection, lease);
        _commandReader = new(connection, services.Options, services.Metrics);
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
            await AnswerAsync(Replies.LocalError);
        }
        finally
        {
            // Whoever is thrown out may still be sending; a drain does not wait for idle ones, and who never got a place does not keep one.
            await _connection.CloseAsync(linger: last is { ClosesConnection: true } && last != Replies.Bye && last != Replies.ShuttingDown && _entry.Refusal is null);
            _services.Logger.SessionEnded(_id, _entry.Client?.Ip);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _dialogue.DisposeAsync();
        _entry.Lease?.Dispose();
    }

    /// <returns>The last reply; null when the client went away.</returns>
    private async Task<Reply?> ConverseAsync()
    {
        _entry = await _entrance.EnterAsync(_allowance.Due);
        if (_entry.IsGone || await GreetAsync() is not { } greeting)
        {
            return null;
        }

        var reply = await AnswerAsync(greeting);
        while (reply is { ClosesConnection: false })
        {
            _verb = Verb.Unknown;
            var due = Math.Min(_allowance.Due, _connection.Alarm.In(_services.Options.CommandTimeout));
            var read = await _commandReader.ReadAsync(due, mayBeForeign: !_dialogue.IsGreeted);
            var next = read.IsGone ? null : read.Reply ?? await ExecuteAsync(read.Line.Span);
            if (next is null)
            {
                return null;
            }

            reply = await AnswerAsync(next);
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

    /// <summary>The first words; null: nobody is left to hear them.</summary>
    private async ValueTask<Reply?> GreetAsync()
    {
        if (_entry.Refusal is { } refusal)
        {
            return refusal;
        }

        if (_kind.BeginsWithTls)
        {
            return await SecureAsync() ? await _dialogue.GreetAsync(_entry) : null;
        }

        var wait = _entry.IsProbe ? default : await _services.GreetDelay.WaitAsync(_connection, _entry.Lease!); // a probe has little patience
        return wait.IsGone ? null : wait.Refusal ?? await _dialogue.GreetAsync(_entry);
    }

    /// <summary>Writes the reply, late if it is for one error of many, or the one that ends the session when there were too many.</summary>
    /// <returns>What was written; null when the client is gone.</returns>
    private ValueTask<Reply?> AnswerAsync(Reply reply) => reply.Code < 500 ? new(Write(reply))
        : reply.ClosesConnection ? new(Write(_entry.Lease?.CountError() ?? reply))
        : ErrAsync(reply);

    private async ValueTask<Reply?> ErrAsync(Reply reply)
    {
        var isWithin = _allowance.TakeError();
        if (_entry.Lease?.CountError() is { } refusal)
        {
            return Write(refusal);
        }

        if (!isWithin)
        {
            return Write(Replies.TooManyErrors);
        }

        if (_entry.Lease is { IsExempt: true } || _services.Tarpit.DelayOf(_allowance.Errors) == TimeSpan.Zero)
        {
            return Write(reply);
        }

        if (!await _connection.FlushAsync()) // what was said before does not wait
        {
            return null;
        }

        return await _services.Tarpit.WaitAsync(_connection.Alarm, _allowance.Errors) switch
        {
            Cut.None => Write(reply),
            _ => Write(Replies.ShuttingDown),
        };
    }

    private Reply Write(Reply reply)
    {
        if (!reply.IsAccepted)
        {
            _services.Logger.Refused(_id, _verb, reply.Code);
        }

        if (ReferenceEquals(reply, Replies.Overloaded))
        {
            _services.Report.Refused(Limit.Memory, _entry.Lease?.Address);
        }

        _connection.Write(reply);
        _services.Metrics.Replied(_verb, reply);
        return reply;
    }

    /// <summary>After 220 to STARTTLS, or first of all. False when the handshake failed: there is no way back to plain text (RFC 3207 section 4.1).</summary>
    private async ValueTask<bool> SecureAsync()
    {
        if (!await _connection.FlushAsync() || _services.Tls.Get() is not { } hosts)
        {
            return false;
        }

        if (await _connection.SecureAsync(hosts, _services.Options.TlsHandshakeTimeout, keepUnread: _kind.BeginsWithTls) is { } reason)
        {
            _services.Logger.HandshakeFailed(_id, reason);
            return false;
        }

        _dialogue.Forget();
        return true;
    }
}
