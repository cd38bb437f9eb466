using System.Text;
using System.Text.Json;

namespace Gateway.Core.Configuration;

/// <summary>Follows a JSON reader: where in the document it stands, and which names it has seen in the objects around it.</summary>
internal sealed class DocumentPlace
{
    private readonly Stack<Frame> _frames = new();

    /// <summary>Takes the reader's token; false when it is a name that its object has already.</summary>
    public bool Take(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                var name = reader.GetString()!;
                _frames.Peek().Name = name;
                return _frames.Peek().Names!.Add(name);
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                _frames.Pop();
                return true;
            default:
                if (_frames.TryPeek(out var around))
                {
                    around.Index++;
                }

                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                {
                    _frames.Push(new(reader.TokenType == JsonTokenType.StartObject));
                }

                return true;
        }
    }

    /// <summary>The path as errors give it. It is put together only when asked for: names may be long and values many.</summary>
    public override string ToString()
    {
        var path = new StringBuilder();
        foreach (var frame in _frames.Reverse())
        {
            if (frame.Names is null)
            {
                path.Append('[').Append(frame.Index).Append(']');
            }
            else if (frame.Name is not null)
            {
                path.Append(path.Length == 0 ? "" : ".").Append(DocumentPath.Shown(frame.Name));
            }
        }

        return path.ToString();
    }

    private sealed class Frame(bool isObject)
    {
        /// <summary>Null in an array.</summary>
        public HashSet<string>? Names { get; } = isObject ? new(StringComparer.Ordinal) : null;

        public string? Name { get; set; }

        public int Index { get; set; } = -1;
    }
}
