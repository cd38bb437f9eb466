using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gateway.EndToEnd.Tests;

/// <summary>Keeps every log line of every level, scopes and exceptions included.</summary>
internal sealed class LogCapture : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(Func<string, bool> Wanted, TaskCompletionSource Seen)> _waiting = new();

    public ConcurrentQueue<string> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        Lines.Enqueue(state.ToString() ?? "");
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = $"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}";
        Lines.Enqueue(line);
        foreach (var (wanted, seen) in _waiting)
        {
            if (wanted(line))
            {
                seen.TrySetResult();
            }
        }
    }

    /// <summary>Waits for a line that has been or will be logged.</summary>
    public async Task WaitForAsync(Func<string, bool> wanted)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue((wanted, seen));
        if (Lines.Any(wanted))
        {
            return;
        }

        await seen.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
    }
}
