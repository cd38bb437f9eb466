using Spectre.Console;

namespace Gateway.Server.Console;

/// <summary>Consoles to write on. Colours and drawing are for a terminal only: into a file or a pipe goes plain text.</summary>
internal static class Terminal
{
    /// <summary>Far past any line of ours: a terminal wraps by itself, and what goes into a file or is copied must not be broken.</summary>
    private const int NoWrap = 1_000_000;

    /// <summary>For lines of text, never wrapped.</summary>
    public static IAnsiConsole Lines(TextWriter output)
    {
        var console = Screen(output);
        console.Profile.Width = NoWrap;
        return console;
    }

    /// <summary>For what is drawn, such as a progress bar: as wide as the terminal.</summary>
    public static IAnsiConsole Screen(TextWriter output)
    {
        // The library's own detection looks at the environment too, where a build server may promise colours to a file.
        var plain = output != System.Console.Out || System.Console.IsOutputRedirected;
        return AnsiConsole.Create(new()
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = plain ? InteractionSupport.No : InteractionSupport.Detect,
        });
    }
}
