using Gateway.Smtp.Transport;

namespace Gateway.Smtp;

/// <summary>What a client may still do before it is sent away: commands and errors are counted, and time runs, until it brings a message.</summary>
internal sealed class Allowance
{
    private readonly SmtpOptions _options;
    private readonly Alarm _alarm;
    private int _commands;
    private int _transactions;

    public Allowance(SmtpOptions options, Alarm alarm)
    {
        (_options, _alarm) = (options, alarm);
        Due = alarm.In(options.MaxTransactionDuration);
    }

    /// <summary>5xx replies so far.</summary>
    public int Errors { get; private set; }

    /// <summary>When it has taken too long without bringing a message, by <see cref="Alarm.In"/>.</summary>
    public long Due { get; private set; }

    /// <returns>False: that was one too many.</returns>
    public bool TakeCommand() => ++_commands <= _options.MaxCommands;

    /// <returns>False: that was one too many.</returns>
    public bool TakeError() => ++Errors <= _options.MaxErrors;

    /// <returns>False: that was one too many.</returns>
    public bool TakeTransaction() => ++_transactions <= _options.MaxTransactions;

    /// <summary>A message was accepted: commands and time begin anew, errors and transactions do not.</summary>
    public void Renew()
    {
        _commands = 0;
        Due = _alarm.In(_options.MaxTransactionDuration);
    }
}
