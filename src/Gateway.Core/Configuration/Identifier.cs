using System.Buffers;

namespace Gateway.Core.Configuration;

/// <summary>The form of endpoint and route ids: they stand in URLs, keys and log lines as they are.</summary>
internal static class Identifier
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    /// <summary>Null, and an error noted, when it is missing or malformed.</summary>
    public static string? Read(ObjectReader reader, string property)
    {
        var id = reader.String(property, required: true);
        if (id is null)
        {
            return null;
        }

        if (id.Length <= 64 && !id.AsSpan().ContainsAnyExcept(Allowed))
        {
            return id;
        }

        reader.Error(property, "must be 1 to 64 letters, digits, '-' or '_'");
        return null;
    }
}
