using System.Security.Cryptography;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Smtp.Protocol;
using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>AUTH on one connection (RFC 4954): who the client is, and how often it was wrong about that.</summary>
internal sealed class Login(LoginDesk desk, Connection connection, CommandReader reader, SmtpOptions options)
{
    /// <summary>Longest line of an exchange, CRLF included (RFC 4954 section 4).</summary>
    private const int MaxResponseOctets = 12_288;

    private const int NonceOctets = 18;

    private static readonly SaslStep Cancelled = new SaslStep.Refused(Replies.AuthCancelled);

    private int _failures;

    /// <summary>The name of who logged in; null until somebody did. It stays for the connection: there is no AUTH after it (RFC 4954 section 4).</summary>
    public string? User { get; private set; }

    /// <summary>Runs one AUTH command to its end. That no transaction is open is the caller's to see to.</summary>
    /// <param name="argument">What follows AUTH, without the spaces around; not looked at after the first wait.</param>
    /// <param name="due">When the session has taken too long as a whole; each response also has <see cref="SmtpOptions.CommandTimeout"/>.</param>
    /// <returns>
    /// The last reply, still to be written: 235 2.7.0 and <see cref="User"/> is set, 535 5.7.8 wrong credentials, 501 a malformed or cancelled exchange, 500
    /// 5.5.6 an endless line, 504 5.5.4 an unknown mechanism, 503 after a login, 538 5.7.11 in plain text, 454 4.7.0 while there is no configuration or too
    /// much to check, 421 4.7.0 after too many wrong ones, or what the reader has to say instead of a line. Null: the client went away.
    /// </returns>
    public ValueTask<Reply?> RunAsync(ReadOnlySpan<byte> argument, long due)
    {
        var refusal = User is not null ? Replies.BadSequence
            : connection.Tls is null ? Replies.AuthNeedsTls
            : argument.IsEmpty ? Replies.SyntaxError
            : _failures >= options.MaxAuthFailures ? Replies.TooManyAuthFailures
            : null;
        if (refusal is not null || desk.Configuration is not { } configuration)
        {
            return new(refusal ?? Replies.AuthUnavailable);
        }

        var end = argument.IndexOf((byte)' ');
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceOctets));
        if (SaslMechanisms.Create(end < 0 ? argument : argument[..end], name => desk.Find(configuration, name), nonce) is not { } mechanism)
        {
            return new(Replies.UnknownMechanism);
        }

        var initial = argument[(end + 1)..].TrimStart((byte)' ');
        var step = end < 0 ? mechanism.Begin() : initial.SequenceEqual("="u8) ? mechanism.Take([]) : Next(mechanism, initial);
        return ConverseAsync(mechanism, step, configuration, due);
    }

    private async ValueTask<Reply?> ConverseAsync(ISaslMechanism mechanism, SaslStep step, GatewayConfiguration configuration, long due)
    {
        while (step is SaslStep.Challenge challenge)
        {
            connection.Write(Replies.AuthChallenge(challenge.Octets.Span));
            var read = await reader.ReadAsync(Math.Min(due, connection.Alarm.In(options.CommandTimeout)), MaxResponseOctets);
            if (read.IsGone || read.Reply is not null)
            {
                return ReferenceEquals(read.Reply, Replies.LineTooLong) ? Replies.AuthLineTooLong : read.Reply;
            }

            step = Next(mechanism, read.Line.Span);
        }

        var reply = step switch
        {
            SaslStep.CheckPassword check => await CheckAsync(check, configuration, due),
            SaslStep.Accepted accepted => Accept(accepted.Name),
            SaslStep.Refused refused => refused.Reply,
            _ => Replies.AuthMalformed,
        };
        return ReferenceEquals(reply, Replies.BadCredentials) && !await PauseAsync() ? null : reply;
    }

    private static SaslStep Next(ISaslMechanism mechanism, ReadOnlySpan<byte> response)
    {
        if (response.SequenceEqual("*"u8))
        {
            return Cancelled;
        }

        if (!StrictBase64.TryDecode(response, out var octets))
        {
            return SaslStep.Malformed;
        }

        var step = mechanism.Take(octets);
        CryptographicOperations.ZeroMemory(octets); // most likely a password
        return step;
    }

    private async ValueTask<Reply?> CheckAsync(SaslStep.CheckPassword check, GatewayConfiguration configuration, long due)
    {
        CancellationToken cancel = default;
        try
        {
            if (!await connection.FlushAsync()) // what was said before does not wait for a turn
            {
                return null;
            }

            cancel = connection.Alarm.Set(Math.Min(due, connection.Alarm.In(options.AuthCheckTimeout)), interruptible: true);
            var isRight = await desk.CheckAsync(desk.Find(configuration, check.Name), check.Password, cancel);
            return isRight ? Accept(check.Name) : Replies.BadCredentials;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return connection.Alarm.IsDraining ? Replies.ShuttingDown : Replies.AuthUnavailable;
        }
        finally
        {
            connection.Alarm.Clear();
            CryptographicOperations.ZeroMemory(check.Password);
        }
    }

    private Reply Accept(string name)
    {
        User = name;
        return Replies.Authenticated;
    }

    /// <summary>
    /// After wrong credentials: holds back the reply, and reads nothing, for a while. It costs the alarm and no thread; a drain ends it.
    /// </summary>
    /// <returns>False when the client is gone.</returns>
    private async ValueTask<bool> PauseAsync()
    {
        _failures++;
        if (!await connection.FlushAsync()) // what was said before does not wait
        {
            return false;
        }

        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var token = connection.Alarm.Set(connection.Alarm.In(options.AuthFailureDelay), interruptible: true);
        await using (token.UnsafeRegister(static over => ((TaskCompletionSource)over!).TrySetResult(), over))
        {
            await over.Task;
        }

        connection.Alarm.Clear();
        return true;
    }
}
