using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Gateway.Core.Ports;

namespace Gateway.Core.Configuration;

/// <summary>Looks at a document as text before anybody asks what it means: size, UTF-8, the grammar of JSON, names that stand twice.</summary>
/// <remarks>No error repeats a value of the document: a document may hold a secret that should not be there.</remarks>
internal static class DocumentSyntax
{
    /// <summary>How deep objects and arrays may be nested; the deepest that means anything is 6.</summary>
    public const int MaxDepth = 32;

    private static readonly JsonReaderOptions Lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = MaxDepth,
    };

    /// <summary>False when the document cannot be read at all; a doubled name is noted and does not stop the reading.</summary>
    public static bool Check(ReadOnlySpan<byte> octets, ErrorList errors)
    {
        if (octets.Length > IConfigurationSource.MaxOctets)
        {
            errors.Add("$", $"has more than {IConfigurationSource.MaxOctets} octets");
            return false;
        }

        if (!octets.ContainsAnyExcept(" \t\r\n"u8))
        {
            errors.Add("$", "is empty");
            return false;
        }

        if (!Utf8.IsValid(octets))
        {
            var (line, column) = Position(octets, FirstInvalid(octets));
            errors.Add($"line {line}", $"not valid UTF-8 at column {column}");
            return false;
        }

        return CheckGrammar(octets, errors);
    }

    private static bool CheckGrammar(ReadOnlySpan<byte> octets, ErrorList errors)
    {
        var reader = new Utf8JsonReader(octets, Lenient);
        var place = new DocumentPlace();
        var readable = true;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !IsText(ref reader))
                {
                    var (line, column) = Position(octets, (int)reader.TokenStartIndex);
                    errors.Add($"line {line}", $"half of a surrogate pair in the string at column {column}");
                    return false;
                }

                if (!place.Take(ref reader) && !errors.Cut)
                {
                    errors.Add(place.ToString(), $"stands twice in one object, again on line {Position(octets, (int)reader.TokenStartIndex).Line}");
                }
            }
        }
        catch (JsonException e)
        {
            // The exception's own text may quote the document.
            var reason = reader.CurrentDepth >= MaxDepth - 1 ? $"not valid JSON, or nested deeper than {MaxDepth}," : "not valid JSON";
            errors.Add($"line {e.LineNumber + 1}", $"{reason} at column {e.BytePositionInLine + 1}");
            readable = false;
        }

        return readable;
    }

    // An escaped half of a surrogate pair is good JSON and no text; asking for it throws, here and nowhere later.
    private static bool IsText(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return true;
        }

        try
        {
            reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static int FirstInvalid(ReadOnlySpan<byte> octets)
    {
        var at = 0;
        while (at < octets.Length && Rune.DecodeFromUtf8(octets[at..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }

    /// <summary>Both count from 1; columns are octets, as the JSON reader counts them.</summary>
    private static (int Line, int Column) Position(ReadOnlySpan<byte> octets, int at) =>
        (octets[..at].Count((byte)'\n') + 1, at - octets[..at].LastIndexOf((byte)'\n'));
}
