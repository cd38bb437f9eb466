using System.Globalization;
using System.Text;

namespace Gateway.Server.Console;

/// <summary>
/// Text from strangers, made fit for a terminal: control, format and bidirectional characters would move the cursor, hide text or
/// reverse a line.
/// </summary>
internal static class Printable
{
    public static string Of(string text, int mostCharacters)
    {
        var clean = new StringBuilder(Math.Min(text.Length, mostCharacters));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= mostCharacters)
            {
                clean.Append('…');
                break;
            }

            var harmful = Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned;
            clean.Append(harmful ? "\ufffd" : rune.ToString());
        }

        return clean.ToString();
    }

    public static string Size(long octets) => octets switch
    {
        < 1024 => string.Create(CultureInfo.InvariantCulture, $"{octets} B"),
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{octets / 1024.0:0.0} KB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{octets / (1024.0 * 1024):0.0} MB"),
    };

    /// <summary>Less than nothing is nothing: a retry that is due already.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { Ticks: <= 0 } => "0 ms",
        { TotalMilliseconds: < 999.5 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s"),
        { TotalHours: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0} h"),
    };
}
