using System.Diagnostics;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>The dialogue with one client, from the greeting to the last reply (RFC 5321 sections 3 and 4).</summary>
internal sealed class Session
{
    private readonly SessionServices _services;
    private readonly Connection _connection;
    private readonly Entrance _entrance;
    private readonly AdmissionDesk _desk;
    private readonly CommandReader _commandReader;
    private readonly long _id;
    private SessionState _state = SessionState.Connected;
    private Entry _entry;
    private SessionFacts? _facts;
    private Verb _verb; // of the command in hand
    private bool _isExtended;
    private Transaction? _transaction;
    private Ruling _connectRuling;
    private int _commands;
    private int _errors;
    private long _progressDue;

    public Session(SessionServices services, Connection connection, long id)
    {
        (_services, _connection, _id) = (services, connection, id);
        _entrance = new(services, connection);
        _desk = new(services, connection.Alarm, id);
        _commandReader = new(connection, services.Options);
    }

    private SmtpOptions Options => _services.Options;

    private Alarm Alarm => _connection.Alarm;

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

    /// <returns>The last reply; null when the client went away.</returns>
    private async Task<Reply?> ConverseAsync()
    {
        MarkProgress();
        _entry = await _entrance.EnterAsync(_progressDue);
        if (_entry.IsGone)
        {
            return null;
        }

        // A probe brings no mail, so there is nobody to rule on.
        var reply = Answer(_entry.Refusal ?? (_entry.IsProbe ? _services.Greetings.Greeting : await GreetAsync()));
        while (!reply.ClosesConnection)
        {
            _verb = Verb.Unknown;
            var read = await _commandReader.ReadAsync(Math.Min(_progressDue, Alarm.In(Options.CommandTimeout)));
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

    /// <summary>Writes the reply, or the one that ends the session when there were too many errors.</summary>
    private Reply Answer(Reply reply)
    {
        if (reply.Code >= 500 && !reply.ClosesConnection && ++_errors > Options.MaxErrors)
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

    private async ValueTask<Reply> GreetAsync()
    {
        _connectRuling = await _desk.ConnectAsync(_entry.Client);
        if (_connectRuling.Refusal is not { } refusal)
        {
            return _services.Greetings.Greeting;
        }

        _services.Metrics.RefusedConnection();
        _state = SessionState.Refused;
        return refusal;
    }

    private ValueTask<Reply?> ExecuteAsync(ReadOnlySpan<byte> line)
    {
        var verb = _verb = CommandLine.Split(line, out var argument);
        if (++_commands > Options.MaxCommands)
        {
            return new(Replies.TooManyCommands);
        }

        if (_commands == 1 && _state == SessionState.Connected && CommandLine.IsHttp(line))
        {
            return new(Replies.NotHttp);
        }

        if (!CommandLine.HasOnlyCharactersOf(verb, line))
        {
            return new(Replies.BadCharacters);
        }

        if (verb is Verb.Unknown or Verb.Unimplemented)
        {
            return new(verb == Verb.Unknown ? Replies.UnknownCommand : Replies.NotImplemented);
        }

        if (StateTable.Next(_state, verb) is not { } next)
        {
            var hasOnlyRefused = verb == Verb.Data && _transaction is { HasTriedRecipients: true };
            return new(hasOnlyRefused ? Replies.NoValidRecipients : Replies.BadSequence);
        }

        return verb switch
        {
            Verb.Ehlo or Verb.Helo => new(Helo(argument, verb == Verb.Ehlo)),
            Verb.Mail => MailAsync(argument),
            Verb.Rcpt => RcptAsync(argument),
            Verb.Data when argument.IsEmpty => DataAsync(),
            Verb.Rset when argument.IsEmpty => new(Rset(next)),
            Verb.StartTls when argument.IsEmpty => new(StartTls()),
            Verb.Quit when argument.IsEmpty => new(Replies.Bye),
            Verb.Vrfy when !argument.IsEmpty => new(Replies.CannotVerify),
            Verb.Noop => new(Replies.Ok),
            Verb.Help => new(Replies.Help),
            _ => new(Replies.SyntaxError),
        };
    }

    private Reply Helo(ReadOnlySpan<byte> argument, bool isExtended)
    {
        if (!HeloName.Parse(argument).TryGet(out var helo, out var refusal))
        {
            return refusal;
        }

        _facts = new(_entry.Client, helo, _connection.Tls);
        _isExtended = isExtended;
        Rset(SessionState.Greeted);
        if (!isExtended)
        {
            return _services.Greetings.Helo;
        }

        return _connection.Tls is null && _services.Tls.IsAvailable ? _services.Greetings.EhloWithStartTls : _services.Greetings.Ehlo;
    }

    private ValueTask<Reply?> MailAsync(ReadOnlySpan<byte> argument)
    {
        if (!CommandLine.TryTakeKeyword(ref argument, "FROM:"))
        {
            return new(Replies.SyntaxError);
        }

        if (!PathParser.ReversePath(argument, out var text, out var needsUtf8).TryGet(out var reversePath, out var refusal)
            || !MailParameters.Parse(text, offersAuth: false).TryGet(out var parameters, out refusal))
        {
            return new(refusal);
        }

        return needsUtf8 && !parameters.SmtpUtf8 ? new(Replies.NonAsciiAddress)
            : parameters.SizeOctets > Options.MaxMessageOctets ? new(Replies.MessageTooLarge)
            : _entry.IsProbe ? new(Replies.NoMailFromProbes)
            : BeginAsync(new(reversePath, parameters));
    }

    private async ValueTask<Reply?> BeginAsync(Transaction transaction)
    {
        var ruling = await _desk.MailAsync(_facts!, transaction.ReversePath);
        if (ruling.Refusal is not null)
        {
            return ruling.Refusal;
        }

        transaction.Add(_connectRuling.Evidence);
        transaction.Add(ruling.Evidence);
        (_transaction, _state) = (transaction, SessionState.MailGiven);
        return Replies.SenderOk;
    }

    private ValueTask<Reply?> RcptAsync(ReadOnlySpan<byte> argument)
    {
        _transaction!.HasTriedRecipients = true;
        if (!CommandLine.TryTakeKeyword(ref argument, "TO:"))
        {
            return new(Replies.SyntaxError);
        }

        if (!PathParser.ForwardPath(argument, out var parameters, out var needsUtf8).TryGet(out var forwardPath, out var refusal))
        {
            return new(refusal);
        }

        if (!parameters.IsEmpty)
        {
            return new(Replies.UnknownParameter);
        }

        if (needsUtf8 && !_transaction.IsUtf8)
        {
            return new(Replies.NonAsciiAddress);
        }

        if (_transaction.Has(forwardPath))
        {
            return new(Replies.RecipientOk);
        }

        return _transaction.Recipients >= Options.MaxRecipients ? new(Replies.TooManyRecipients) : AddAsync(_transaction, forwardPath);
    }

    private async ValueTask<Reply?> AddAsync(Transaction transaction, ForwardPath forwardPath)
    {
        var ruling = await _desk.RcptAsync(_facts!, transaction.ReversePath, forwardPath);
        if (ruling.Refusal is not null)
        {
            return ruling.Refusal;
        }

        transaction.Add(forwardPath);
        transaction.Add(ruling.Evidence);
        _state = SessionState.RcptGiven;
        return Replies.RecipientOk;
    }

    private async ValueTask<Reply?> DataAsync()
    {
        using var reception = new Reception(_services, _connection, _desk, _id, _facts!, _isExtended, _transaction!, _progressDue);
        var reply = await reception.RunAsync();
        if (reception.HasBegun)
        {
            Rset(SessionState.Greeted);
        }

        if (reception.IsAccepted)
        {
            MarkProgress();
        }

        return reply;
    }

    private Reply Rset(SessionState next)
    {
        (_transaction, _state) = (null, next);
        return Replies.Ok;
    }

    private Reply StartTls() =>
        _connection.Tls is not null ? Replies.BadSequence : _services.Tls.IsAvailable ? Replies.ReadyForTls : Replies.TlsUnavailable;

    /// <summary>After 220 to STARTTLS. False when the handshake failed: there is no way back to plain text (RFC 3207 section 4.1).</summary>
    private async ValueTask<bool> SecureAsync()
    {
        if (!await _connection.FlushAsync() || _services.Tls.Get() is not { } options)
        {
            return false;
        }

        if (await _connection.SecureAsync(options, Options.TlsHandshakeTimeout) is { } reason)
        {
            _services.Logger.HandshakeFailed(_id, reason);
            return false;
        }

        // All that was said in plain text is forgotten (RFC 3207 section 4.2).
        (_facts, _isExtended) = (null, false);
        Rset(SessionState.Connected);
        return true;
    }

    private void MarkProgress()
    {
        _commands = 0;
        _progressDue = Alarm.In(Options.MaxTransactionDuration);
    }
}
