using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>What commands mean: their order, their arguments, and the transaction that they build (RFC 5321 sections 3 and 4.1).</summary>
/// <param name="services">What all sessions share.</param>
/// <param name="connection">For the content of messages.</param>
/// <param name="reader">For what AUTH asks back.</param>
/// <param name="kind">Of the listener.</param>
/// <param name="allowance">What the client may still do.</param>
/// <param name="id">The session, for the log.</param>
internal sealed class Dialogue(
    SessionServices services, Connection connection, CommandReader reader, ListenerKind kind, Allowance allowance, long id)
    : IAsyncDisposable
{
    private readonly AdmissionDesk _desk = new(services, connection.Alarm, id);
    private readonly UserAccess _users = new(services, connection, reader, kind);
    private Transfer? _transfer;
    private SessionState _state = SessionState.Connected;
    private Entry _entry;
    private SessionFacts? _facts;
    private bool _isExtended;
    private Transaction? _transaction;
    private Ruling _connectRuling;

    private SmtpOptions Options => services.Options;

    private Transfer Transfer => _transfer ??= new(services, connection, _desk, id, allowance);

    /// <summary>The client has said EHLO or HELO, so it talks SMTP.</summary>
    public bool IsGreeted => _facts is not null;

    private bool IsChunking => _transfer is { IsUnderWay: true };

    /// <summary>The first words, to whoever came.</summary>
    public async ValueTask<Reply> GreetAsync(Entry entry)
    {
        _entry = entry;
        if (entry.IsProbe) // it brings no mail, so there is nobody to rule on
        {
            return services.Greetings.Greeting;
        }

        _connectRuling = await _desk.ConnectAsync(entry.Client);
        if (_connectRuling.Refusal is not { } refusal)
        {
            return services.Greetings.Greeting;
        }

        services.Metrics.RefusedConnection();
        _state = SessionState.Refused;
        return refusal;
    }

    /// <summary>The handshake is done: all that was said in plain text is forgotten (RFC 3207 section 4.2). No message is under way then.</summary>
    public void Forget()
    {
        (_facts, _isExtended) = (null, false);
        Rset(SessionState.Connected);
    }

    public ValueTask DisposeAsync() => _transfer?.DisposeAsync() ?? default;

    /// <summary>Does what the line asks for.</summary>
    /// <param name="verb">Of the line.</param>
    /// <param name="line">Without its CRLF.</param>
    /// <param name="argument">What is behind the verb.</param>
    /// <returns>The reply; null when the client went away.</returns>
    public ValueTask<Reply?> ExecuteAsync(Verb verb, ReadOnlySpan<byte> line, ReadOnlySpan<byte> argument)
    {
        if (!allowance.TakeCommand())
        {
            return new(Replies.TooManyCommands);
        }

        if (verb == Verb.Bdat)
        {
            return BdatAsync(argument);
        }

        if (!CommandLine.HasOnlyCharactersOf(verb, line))
        {
            return new(Replies.BadCharacters);
        }

        if (verb is Verb.Unknown or Verb.Unimplemented)
        {
            return new(verb == Verb.Unknown ? Replies.UnknownCommand : Replies.NotImplemented);
        }

        return Untimely(verb) is { } refusal ? new(refusal) : RunAsync(verb, argument, StateTable.Next(_state, verb)!.Value);
    }

    /// <summary>Why it is not the time for this command; null: it is.</summary>
    private Reply? Untimely(Verb verb)
    {
        if (_users.Missing(verb) is { } missing)
        {
            return missing;
        }

        if (StateTable.Next(_state, verb) is null)
        {
            return verb is Verb.Data or Verb.Bdat && _transaction is { HasTriedRecipients: true, Recipients: 0 } ? Replies.NoValidRecipients : Replies.BadSequence;
        }

        return verb == Verb.Data && _transaction!.IsBinary ? Replies.BadSequence : null;
    }

    private ValueTask<Reply?> RunAsync(Verb verb, ReadOnlySpan<byte> argument, SessionState next) => verb switch
    {
        Verb.Ehlo or Verb.Helo => Abandoning(Helo(argument, verb == Verb.Ehlo)),
        Verb.Mail => MailAsync(argument),
        Verb.Rcpt => RcptAsync(argument),
        Verb.Data when argument.IsEmpty => DataAsync(),
        Verb.Rset when argument.IsEmpty => Abandoning(Rset(next)),
        Verb.Auth => _users.LoginAsync(argument, allowance.Due),
        Verb.StartTls when argument.IsEmpty => new(StartTls()),
        Verb.Quit when argument.IsEmpty => new(Replies.Bye),
        Verb.Vrfy when !argument.IsEmpty => new(Replies.CannotVerify),
        Verb.Noop => new(Replies.Ok),
        Verb.Help => new(Replies.Help),
        _ => new(Replies.SyntaxError),
    };

    private Reply Helo(ReadOnlySpan<byte> argument, bool isExtended)
    {
        if (!HeloName.Parse(argument).TryGet(out var helo, out var refusal))
        {
            return refusal;
        }

        _facts = new(_entry.Client, helo, connection.Tls);
        _isExtended = isExtended;
        Rset(SessionState.Greeted);
        if (!isExtended)
        {
            return services.Greetings.Helo;
        }

        var offersStartTls = connection.Tls is null && services.Tls.IsAvailable;
        return services.Greetings.Ehlo(offersStartTls, _users.IsOffered);
    }

    private ValueTask<Reply?> MailAsync(ReadOnlySpan<byte> argument)
    {
        if (_entry.Lease!.CountMessage() is { } tooMany)
        {
            return new(tooMany);
        }

        if (!CommandLine.TryTakeKeyword(ref argument, "FROM:"))
        {
            return new(Replies.SyntaxError);
        }

        if (!PathParser.ReversePath(argument, out var text, out var needsUtf8).TryGet(out var reversePath, out var refusal)
            || !MailParameters.Parse(text, offersAuth: kind.IsForUsers).TryGet(out var parameters, out refusal))
        {
            return new(refusal);
        }

        return needsUtf8 && !parameters.SmtpUtf8 ? new(Replies.NonAsciiAddress)
            : parameters.SizeOctets > Options.MaxMessageOctets ? new(Replies.MessageTooLarge)
            : _entry.IsProbe ? new(Replies.NoMailFromProbes)
            : !allowance.TakeTransaction() ? new(Replies.TooManyTransactions)
            : BeginAsync(new(reversePath, parameters, _isExtended));
    }

    private async ValueTask<Reply?> BeginAsync(Transaction transaction)
    {
        if (_users.User != _facts!.Client.User) // a login came after EHLO
        {
            _facts = _facts with { Client = _facts.Client with { User = _users.User } };
        }

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
        if (_entry.Lease!.CountRecipient() is { } tooMany)
        {
            return new(tooMany);
        }

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
        var (reply, hasBegun) = await Transfer.DataAsync(_facts!, _transaction!);
        if (hasBegun)
        {
            Rset(SessionState.Greeted);
        }

        return reply;
    }

    /// <summary>Whatever becomes of the command, its chunk follows and is read.</summary>
    private ValueTask<Reply?> BdatAsync(ReadOnlySpan<byte> argument)
    {
        if (!BdatCommand.Parse(argument).TryGet(out var chunk, out var refusal))
        {
            return new(refusal);
        }

        return Untimely(Verb.Bdat) is { } untimely ? Transfer.SkipAsync(chunk, untimely) : TakeAsync(chunk);
    }

    private async ValueTask<Reply?> TakeAsync(BdatCommand chunk)
    {
        var reply = await Transfer.BdatAsync(_facts!, _transaction!, chunk);
        if (IsChunking)
        {
            _state = SessionState.Chunking;
        }
        else
        {
            Rset(SessionState.Greeted);
        }

        return reply;
    }

    /// <summary>A message in chunks goes with its transaction.</summary>
    private ValueTask<Reply?> Abandoning(Reply reply) => IsChunking && _transaction is null ? AbandonAsync(reply) : new(reply);

    private async ValueTask<Reply?> AbandonAsync(Reply reply)
    {
        await Transfer.AbandonAsync();
        return reply;
    }

    private Reply Rset(SessionState next)
    {
        (_transaction, _state) = (null, next);
        return Replies.Ok;
    }

    private Reply StartTls() =>
        connection.Tls is not null ? Replies.BadSequence : services.Tls.IsAvailable ? Replies.ReadyForTls : Replies.TlsUnavailable;
}
