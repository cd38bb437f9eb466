namespace Gateway.Core.Configuration;

/// <summary>How errors name places of a document.</summary>
internal static class DocumentPath
{
    private const int MaxShownChars = 64;

    /// <summary>A name of the document as an error shows it: cut at 64 characters, one line, whole characters; <c>""</c> when it is empty.</summary>
    public static string Shown(string name)
    {
        if (name.Length == 0)
        {
            return "\"\"";
        }

        var cut = name.Length <= MaxShownChars ? name : name[..(char.IsHighSurrogate(name[MaxShownChars - 1]) ? MaxShownChars - 1 : MaxShownChars)];
        return string.Create(cut.Length, cut, static (shown, cut) =>
        {
            for (var i = 0; i < cut.Length; i++)
            {
                shown[i] = char.IsControl(cut[i]) || cut[i] is '\u2028' or '\u2029' ? '\ufffd' : cut[i];
            }
        });
    }
}
