using Microsoft.Extensions.Logging;

namespace Gateway.Testing.Functions;

/// <summary>One line of the worker's or the host's.</summary>
/// <param name="Level">As logged; what was printed is Information, or Error on the error stream.</param>
/// <param name="Category">The worker's category; or <c>stdout</c>, <c>stderr</c> for what it printed; or <c>host</c>.</param>
/// <param name="Text">Without the level and the category.</param>
/// <param name="Exception">Type, text and stack; null: none.</param>
public sealed record HostLogLine(LogLevel Level, string Category, string Text, string? Exception);

/// <summary>The newest lines; old ones go.</summary>
internal sealed class HostLog
{
    private const int MaxLines = 10_000;

    private readonly Queue<HostLogLine> _lines = new();

    public IReadOnlyCollection<HostLogLine> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public void Add(HostLogLine line)
    {
        lock (_lines)
        {
            if (_lines.Count == MaxLines)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(line);
        }
    }

    public void Host(LogLevel level, string text, Exception? error = null) => Add(new(level, "host", text, error?.ToString()));
}
