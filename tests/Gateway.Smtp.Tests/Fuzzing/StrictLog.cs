using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gateway.Smtp.Tests.Fuzzing;

/// <summary>Reads all that is logged, and keeps what must not be.</summary>
internal sealed class StrictLog : ILoggerFactory, ILogger
{
    private const int BehindNat = 1014; // critical for whoever runs the server, who is to mend the settings; no fault of ours

    private int _expected;

    /// <summary>Errors that nobody provoked, secrets at any level, and words of clients at others than Debug.</summary>
    public ConcurrentQueue<string> Violations { get; } = new();

    /// <summary>Errors whose cause is a <see cref="ProvokedException"/>.</summary>
    public int Provoked => _expected;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception);
        if (exception?.InnerException is ProvokedException)
        {
            Interlocked.Increment(ref _expected);
        }
        else if (logLevel >= LogLevel.Error && eventId.Id != BehindNat)
        {
            Violations.Enqueue($"{logLevel} {eventId.Id}: {text} {exception}");
        }

        if (text.Contains(ServerReply.Secret, StringComparison.OrdinalIgnoreCase) || (logLevel > LogLevel.Debug && text.Contains(ServerReply.Marker, StringComparison.OrdinalIgnoreCase)))
        {
            Violations.Enqueue($"{logLevel} {eventId.Id} tells what a client sent: {text}");
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>The cause of a fault that a site brings about on purpose.</summary>
internal sealed class ProvokedException() : Exception("on purpose");
