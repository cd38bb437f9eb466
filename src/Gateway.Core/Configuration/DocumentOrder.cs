using System.Collections.Immutable;
using System.Text.Json;

namespace Gateway.Core.Configuration;

/// <summary>
/// Sorts errors by where they stand in the document, so that a person can go through it from top to bottom, whatever order the readers
/// ask in. What is missing comes at the beginning of the object that lacks it; errors at one place keep their order.
/// </summary>
internal sealed class DocumentOrder(JsonElement root) : IComparer<IReadOnlyList<int>>
{
    // By path: each object is gone through once, however many of its names have errors.
    private readonly Dictionary<string, Dictionary<string, Child>> _objects = new(StringComparer.Ordinal);

    public ImmutableArray<ConfigurationError> Sort(ImmutableArray<ConfigurationError> errors) =>
        [.. errors.OrderBy(error => Place(error.Path), this)];

    int IComparer<IReadOnlyList<int>>.Compare(IReadOnlyList<int>? x, IReadOnlyList<int>? y)
    {
        var (left, right) = (x ?? [], y ?? []);
        foreach (var (first, second) in left.Zip(right))
        {
            if (first != second)
            {
                return first.CompareTo(second);
            }
        }

        return left.Count.CompareTo(right.Count);
    }

    // One number for each step of the path: which child of its parent it is; -1, and no further step, for what is not there.
    private List<int> Place(string path)
    {
        var place = new List<int>();
        var (element, at) = (root, path == "$" ? path.Length : 0);
        while (at < path.Length)
        {
            var child = path[at] == '[' ? Item(element, path, at) : Property(element, path, at);
            place.Add(child?.Index ?? -1);
            if (child is null)
            {
                break;
            }

            (element, at) = (child.Value, child.End < path.Length && path[child.End] == '.' ? child.End + 1 : child.End);
        }

        return place;
    }

    private static Child? Item(JsonElement element, string path, int at)
    {
        var end = path.IndexOf(']', at);
        return element.ValueKind == JsonValueKind.Array
            && end > at
            && int.TryParse(path.AsSpan(at + 1, end - at - 1), out var index)
            && index >= 0
            && index < element.GetArrayLength()
            ? new(index, element[index], end + 1)
            : null;
    }

    private Child? Property(JsonElement element, string path, int at)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (!_objects.TryGetValue(path[..at], out var properties))
        {
            properties = new(StringComparer.Ordinal);
            foreach (var (index, property) in element.EnumerateObject().Index())
            {
                properties.TryAdd(DocumentPath.Shown(property.Name), new(index, property.Value, 0));
            }

            _objects.Add(path[..at], properties);
        }

        // Names are the document's, and one may hold dots and brackets: the longest that fits is the one meant.
        for (var end = path.Length; end > at; end = path.AsSpan(at, end - at).LastIndexOfAny('.', '[') is var cut and > 0 ? at + cut : at)
        {
            if (properties.TryGetValue(path[at..end], out var child))
            {
                return child with { End = end };
            }
        }

        return null;
    }

    private sealed record Child(int Index, JsonElement Value, int End);
}
