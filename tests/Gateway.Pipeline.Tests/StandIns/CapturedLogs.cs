using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gateway.Pipeline.Tests.StandIns;

/// <summary>Every log line from Trace on, with its values and its exception.</summary>
internal sealed class CapturedLogs : ILoggerFactory
{
    public ConcurrentQueue<(LogLevel Level, int Id, string Text)> Lines { get; } = [];

    public string All => string.Join('\n', Lines.Select(line => line.Text));

    public ILogger<T> For<T>() => new Logger<T>(this);

    public ILogger CreateLogger(string categoryName) => new Writer(this);

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    private sealed class Writer(CapturedLogs logs) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs) : "";
            logs.Lines.Enqueue((logLevel, eventId.Id, $"{formatter(state, exception)} {values} {exception}"));
        }
    }
}
