using Spectre.Console;

namespace Gateway.Server.Console;

/// <summary>Consoles to write on.</summary>
internal static class Terminal
{
    /// <summary>Far past any line of ours: a terminal wraps by itself, and what goes into a file or is copied must not be broken.</summary>
    private const int NoWrap = 1_000_000;

    /// <summary>For lines of text and mark-up, never wrapped.</summary>
    public static IAnsiConsole Lines(TextWriter output)
    {
        var console = Screen(output);
        console.Profile.Width = NoWrap;
        return console;
    }

    /// <summary>For what is drawn, such as a progress bar: as wide as the terminal.</summary>
    public static IAnsiConsole Screen(TextWriter output) => AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(output) });
}
