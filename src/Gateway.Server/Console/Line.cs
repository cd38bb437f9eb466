using Spectre.Console;

namespace Gateway.Server.Console;

/// <summary>A line of coloured pieces. Not mark-up: there a sender's brackets are tags, and even escaped, <c>:skull:</c> is a picture.</summary>
internal sealed class Line
{
    private readonly Paragraph _pieces = new();

    /// <param name="text">What a stranger wrote comes through <see cref="Printable"/>.</param>
    /// <param name="colour">Null: the terminal's own.</param>
    public Line Add(string text, Color? colour = null)
    {
        _pieces.Append(text, colour is { } foreground ? new Style(foreground) : Style.Plain);
        return this;
    }

    /// <summary>In one write, line end included: others write to the same console at the same time.</summary>
    public void WriteTo(IAnsiConsole console) => console.Write(_pieces.Append(Environment.NewLine));
}
