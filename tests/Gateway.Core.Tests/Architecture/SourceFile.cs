using System.Text.RegularExpressions;

namespace Gateway.Core.Tests.Architecture;

/// <summary>One file of C#.</summary>
/// <param name="Path">From the repository's root, with '/'.</param>
/// <param name="Text">As it is.</param>
internal sealed partial record SourceFile(string Path, string Text)
{
    private string? _code;

    /// <summary>The folder below src or functions: "Gateway.Core".</summary>
    public string Room => Path.Split('/')[1];

    /// <summary>The text without comments and without what strings say; lines stay where they are.</summary>
    public string Code => _code ??= CommentOrText().Replace(Text, match => match.Value[0] == '/' ? new string('\n', match.Value.Count(c => c == '\n')) : "\"\"");

    /// <summary>The line of a place in <see cref="Code"/> or the text.</summary>
    public int Line(int index) => Code.AsSpan(0, Math.Min(index, Code.Length)).Count('\n') + 1;

    // Raw texts first, then verbatim ones, ordinary ones, characters, comments. What an interpolation holds is lost with its text.
    [GeneratedRegex(""""
        "{3,}[\s\S]*?"{3,}|@\$?"(?:[^"]|"")*"|\$@"(?:[^"]|"")*"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.[^'\n]{0,8})'|//[^\n]*|/\*[\s\S]*?\*/
        """")]
    private static partial Regex CommentOrText();
}
