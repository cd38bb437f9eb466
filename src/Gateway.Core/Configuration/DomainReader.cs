namespace Gateway.Core.Configuration;

/// <summary>Reads an element of <c>domains</c>.</summary>
internal static class DomainReader
{
    private static readonly GlobSet Everyone = new([new("*")]);

    public static DomainRule? Read(ObjectReader reader)
    {
        var name = reader.String("name", required: true);
        var ascii = name is null or "*" ? name : Idna.ToAscii(name);
        if (name is not null && ascii is null)
        {
            reader.Error("name", "must be a domain name of ASCII labels or U-labels (IDNA 2008), or \"*\"");
        }

        var recipients = ReadLocalParts(reader, "recipients", "to take every recipient");
        var defer = ReadLocalParts(reader, "defer", "to defer nobody");
        var subaddressing = reader.Boolean("subaddressing", otherwise: false);
        var requireTls = reader.Boolean("requireTls", otherwise: false);
        reader.RefuseUnknown();
        return ascii is null ? null : new(ascii, recipients ?? Everyone, subaddressing, requireTls, defer ?? GlobSet.Empty);
    }

    /// <summary>Null when absent; those that are malformed are left out, and noted.</summary>
    private static GlobSet? ReadLocalParts(ObjectReader reader, string property, string whyLeaveItOut)
    {
        if (reader.Strings(property, required: false) is not { } patterns)
        {
            return null;
        }

        if (patterns.IsEmpty)
        {
            reader.Error(property, $"must not be empty; leave it out {whyLeaveItOut}");
        }

        foreach (var (index, pattern) in patterns.Index())
        {
            if (pattern is not null && pattern.Contains('@', StringComparison.Ordinal))
            {
                reader.Error($"{property}[{index}]", "must be a local-part, without '@' and domain");
            }
        }

        return new([.. patterns.OfType<string>().Select(pattern => new Glob(pattern))]);
    }
}
