using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Gateway.Core;

/// <summary>
/// Many patterns asked at once. Those without a wildcard and those that end in plain text (<c>*@example.org</c>) are found by that text,
/// however many there are; only those that end in a wildcard are tried one after the other.
/// </summary>
public sealed class GlobSet
{
    public static readonly GlobSet Empty = new([]);

    private readonly FrozenDictionary<string, Glob[]>.AlternateLookup<ReadOnlySpan<char>> _byTail;
    private readonly int[] _tailLengths;

    public GlobSet(ImmutableArray<Glob> patterns)
    {
        Patterns = patterns;

        // Folds more than ASCII: it finds whom to ask, and the pattern itself has the last word.
        var byTail = patterns.GroupBy(pattern => Tail(pattern.Pattern), StringComparer.OrdinalIgnoreCase)
            .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.OrdinalIgnoreCase);
        _byTail = byTail.GetAlternateLookup<ReadOnlySpan<char>>();
        _tailLengths = [.. byTail.Keys.Select(tail => tail.Length).Distinct().Order()];
    }

    /// <summary>As they were given, in their order.</summary>
    public ImmutableArray<Glob> Patterns { get; }

    public bool IsEmpty => Patterns.IsEmpty;

    /// <summary>Whether some pattern matches the whole text; ASCII case does not count.</summary>
    public bool Matches(ReadOnlySpan<char> text)
    {
        foreach (var length in _tailLengths)
        {
            if (length > text.Length)
            {
                return false;
            }

            if (_byTail.TryGetValue(text[^length..], out var patterns) && MatchesOne(patterns, text))
            {
                return true;
            }
        }

        return false;
    }

    private static bool MatchesOne(Glob[] patterns, ReadOnlySpan<char> text)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.Matches(text))
            {
                return true;
            }
        }

        return false;
    }

    private static string Tail(string pattern) => pattern[(pattern.AsSpan().LastIndexOfAny('*', '?') + 1)..];
}
