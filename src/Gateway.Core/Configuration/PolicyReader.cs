using System.Buffers;
using System.Collections.Immutable;

namespace Gateway.Core.Configuration;

/// <summary>Reads <c>policies</c>.</summary>
internal static class PolicyReader
{
    /// <summary>Entries of one list of networks, HELO names or senders.</summary>
    public const int MaxEntries = 10_000;

    /// <summary>Length of a pattern; no HELO name or address is longer (RFC 5321 section 4.5.3.1.3).</summary>
    public const int MaxPatternChars = 254;

    /// <summary>Patterns of one list that end in a wildcard: they are tried one after the other, at each RCPT, on text that a stranger chooses.</summary>
    public const int MaxOpenPatterns = 500;

    private static readonly string TooLong = $"must not have more than {MaxPatternChars} characters";

    // What a HELO name or the domain of an address can hold, address literals with theirs, and the wildcards.
    private static readonly SearchValues<char> InName =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.[]:*?");

    public static AccessPolicy Read(ObjectReader reader)
    {
        foreach (var later in (ReadOnlySpan<string>)["spf", "dmarc", "dnsbl", "spam"])
        {
            reader.NotBuilt(later);
        }

        if (reader.IsEmpty)
        {
            reader.Error("must have access, or be left out");
        }

        var access = reader.Object("access", required: false) is { } lists ? ReadAccess(lists) : AccessPolicy.None;
        reader.RefuseUnknown();
        return access;
    }

    // To allow is to take back a denial: alone it would do nothing, and look like a list of all who are let in.
    private static AccessPolicy ReadAccess(ObjectReader reader)
    {
        var allow = reader.Object("allow", required: false) is { } allowed ? ReadList(allowed) : AccessList.Empty;
        var deny = reader.Object("deny", required: true) is { } denied ? ReadList(denied) : AccessList.Empty;
        reader.RefuseUnknown();
        return new(allow, deny);
    }

    private static AccessList ReadList(ObjectReader reader)
    {
        if (reader.IsEmpty)
        {
            reader.Error("must have networks, helo or senders");
        }

        var networks = ReadEntries(reader, "networks", entry => NetworkList.ProblemOf(entry) is { } problem ? $"is an entry {problem}" : null);
        var helo = ReadPatterns(reader, "helo", ProblemOfHelo);
        var senders = ReadPatterns(reader, "senders", ProblemOfSender);
        reader.RefuseUnknown();
        return new(NetworkList.Of(networks), helo, senders);
    }

    private static GlobSet ReadPatterns(ObjectReader reader, string property, Func<string, string?> problemOf)
    {
        var patterns = ReadEntries(reader, property, problemOf);
        if (patterns.Count(pattern => pattern[^1] is '*' or '?') > MaxOpenPatterns)
        {
            reader.Error(property, $"must not have more than {MaxOpenPatterns} patterns that end in a wildcard");
        }

        return new([.. patterns.Select(pattern => new Glob(pattern))]);
    }

    /// <summary>Those that are strings; what is wrong with one is noted.</summary>
    private static ImmutableArray<string> ReadEntries(ObjectReader reader, string property, Func<string, string?> problemOf)
    {
        if (reader.Strings(property, required: false) is not { } entries)
        {
            return [];
        }

        if (entries.Length is 0 or > MaxEntries)
        {
            reader.Error(property, $"must have 1 to {MaxEntries} entries, or be left out");
            return [];
        }

        foreach (var (index, entry) in entries.Index())
        {
            if (entry is not null && problemOf(entry) is { } problem)
            {
                reader.Error($"{property}[{index}]", problem);
            }
        }

        return [.. entries.OfType<string>()];
    }

    private static string? ProblemOfHelo(string pattern) =>
        pattern.Length > MaxPatternChars ? TooLong
        : pattern.AsSpan().ContainsAnyExcept(InName) ? "must be a pattern of a HELO name, such as *.example.org, or of an address literal in its brackets"
        : null;

    private static string? ProblemOfSender(string pattern)
    {
        if (pattern is "*" or "<>")
        {
            return null;
        }

        var at = pattern.LastIndexOf('@');
        return pattern.Length > MaxPatternChars ? TooLong
            : at < 1 || at == pattern.Length - 1 || pattern.AsSpan(at + 1).ContainsAnyExcept(InName)
                ? "must be a pattern of a whole address with its domain in ASCII (A-labels), such as *@example.org, or \"<>\", or \"*\""
            : null;
    }
}
