using System.Collections.Immutable;
using System.Text.Json;

namespace Gateway.Core.Configuration;

/// <summary>Reads one JSON object property by property and notes what is missing, of the wrong kind, or unknown.</summary>
internal sealed class ObjectReader
{
    private readonly JsonElement _element;
    private readonly string _path;
    private readonly ErrorList _errors;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    private ObjectReader(JsonElement element, string path, ErrorList errors) => (_element, _path, _errors) = (element, path, errors);

    /// <summary>Null, and an error noted, when the element is no object.</summary>
    public static ObjectReader? Of(JsonElement element, string path, ErrorList errors)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            return new(element, path, errors);
        }

        errors.Add(path.Length == 0 ? "$" : path, "must be an object");
        return null;
    }

    public void Error(string property, string reason) => _errors.Add(Path(property), reason);

    /// <summary>An error about the object itself.</summary>
    public void Error(string reason) => _errors.Add(_path.Length == 0 ? "$" : _path, reason);

    /// <summary>The object has no property at all.</summary>
    public bool IsEmpty => !_element.EnumerateObject().Any();

    /// <summary>The property belongs to the design and is not built: an error that says so, rather than an option that does nothing.</summary>
    public void NotBuilt(string property)
    {
        if (Take(property) is not null)
        {
            Error(property, "is not built yet");
        }
    }

    /// <summary>Null when absent or not a string, the latter noted; "" is noted too.</summary>
    public string? String(string property, bool required)
    {
        var value = Typed(property, JsonValueKind.String, "a string", required)?.GetString();
        if (value is { Length: 0 })
        {
            Error(property, "must not be empty");
            return null;
        }

        return value;
    }

    public bool Boolean(string property, bool otherwise)
    {
        if (Take(property) is not { } value)
        {
            return otherwise;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Error(property, "must be true or false");
        return otherwise;
    }

    /// <summary>Null when absent or not a whole number of 32 bits, the latter noted. JSON has no integers: 15.0 and 1.5e1 are 15.</summary>
    public int? Integer(string property, bool required)
    {
        if (Typed(property, JsonValueKind.Number, "a whole number", required) is not { } value)
        {
            return null;
        }

        if (!value.TryGetDecimal(out var number) || number is < int.MinValue or > int.MaxValue)
        {
            Error(property, $"must be a whole number from {int.MinValue} to {int.MaxValue}");
            return null;
        }

        if (number == decimal.Truncate(number))
        {
            return (int)number;
        }

        Error(property, "must be a whole number");
        return null;
    }

    /// <summary>
    /// Null when absent or no array, the latter noted. One item for each element; null for those that are no string or empty, noted with
    /// their index, so that indices stay those of the document.
    /// </summary>
    public ImmutableArray<string?>? Strings(string property, bool required)
    {
        if (Typed(property, JsonValueKind.Array, "an array", required) is not { } array)
        {
            return null;
        }

        var strings = ImmutableArray.CreateBuilder<string?>();
        foreach (var (index, item) in array.EnumerateArray().Index())
        {
            var text = item.ValueKind == JsonValueKind.String && item.GetString() is { Length: > 0 } found ? found : null;
            if (text is null)
            {
                Error($"{property}[{index}]", "must be a string and not empty");
            }

            strings.Add(text);
        }

        return strings.ToImmutable();
    }

    /// <summary>Null when absent or no object, the latter noted.</summary>
    public ObjectReader? Object(string property, bool required) =>
        Typed(property, JsonValueKind.Object, "an object", required) is { } value ? new(value, Path(property), _errors) : null;

    /// <summary>One item for each element; null for those that could not be read, so that indices stay those of the document.</summary>
    public ImmutableArray<T?> Objects<T>(string property, Func<ObjectReader, T?> read, bool required = true)
        where T : class
    {
        if (Typed(property, JsonValueKind.Array, "an array", required) is not { } array)
        {
            return [];
        }

        var items = ImmutableArray.CreateBuilder<T?>();
        foreach (var (index, element) in array.EnumerateArray().Index())
        {
            var reader = Of(element, $"{Path(property)}[{index}]", _errors);
            items.Add(reader is null ? null : read(reader));
        }

        if (required && items.Count == 0)
        {
            Error(property, "must not be empty");
        }

        return items.ToImmutable();
    }

    /// <summary>Called last: a name nobody asked for is an error, so that a typing mistake is not a silent default.</summary>
    public void RefuseUnknown()
    {
        foreach (var property in _element.EnumerateObject().Where(property => !_known.Contains(property.Name)))
        {
            Error(DocumentPath.Shown(property.Name), "is not a known name here");
        }
    }

    private JsonElement? Take(string property)
    {
        _known.Add(property);
        return _element.TryGetProperty(property, out var value) ? value : null;
    }

    private JsonElement? Typed(string property, JsonValueKind kind, string what, bool required)
    {
        if (Take(property) is not { } value)
        {
            if (required)
            {
                Error(property, "is missing");
            }

            return null;
        }

        if (value.ValueKind == kind)
        {
            return value;
        }

        Error(property, $"must be {what}");
        return null;
    }

    private string Path(string property) => _path.Length == 0 ? property : $"{_path}.{property}";
}
