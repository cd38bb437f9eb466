namespace Gateway.Pipeline.Inspect;

/// <summary>File names that a sender gave, made safe to show and to save under.</summary>
internal static class FileName
{
    /// <summary>Longest name in characters: what file systems take.</summary>
    public const int MaxCharacters = 255;

    /// <summary>Without directories, drive, control characters and outer dots and spaces; null when nothing is left.</summary>
    public static string? Clean(string? name)
    {
        if (name is null)
        {
            return null;
        }

        var text = MimeText.Line(name);
        text = text[(text.AsSpan().LastIndexOfAny('/', '\\', ':') + 1)..].Trim(' ', '\u00A0');
        if (text.Trim('.').Length == 0)
        {
            return null;
        }

        return text.Length <= MaxCharacters ? text : CutKeepingExtension(text);
    }

    private static string CutKeepingExtension(string text)
    {
        var dot = text.LastIndexOf('.');
        var extension = dot > 0 && text.Length - dot <= 16 ? text[dot..] : "";
        return MimeText.Cut(text, MaxCharacters - extension.Length) + extension;
    }
}
