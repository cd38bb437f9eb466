using System.Collections.Immutable;

namespace Gateway.Core.Configuration;

/// <summary>Reads an element of <c>domains</c>.</summary>
internal static class DomainReader
{
    private static readonly ImmutableArray<string?> Everyone = ["*"];

    public static DomainRule? Read(ObjectReader reader)
    {
        var name = reader.String("name", required: true);
        var ascii = name is null or "*" ? name : Idna.ToAscii(name);
        if (name is not null && ascii is null)
        {
            reader.Error("name", "must be a domain name of ASCII labels or U-labels (IDNA 2008), or \"*\"");
        }

        var recipients = reader.Strings("recipients", required: false);
        if (recipients is { Length: 0 })
        {
            reader.Error("recipients", "must not be empty; leave it out to take every recipient");
        }

        foreach (var (index, pattern) in (recipients ?? []).Index())
        {
            if (pattern is not null && pattern.Contains('@', StringComparison.Ordinal))
            {
                reader.Error($"recipients[{index}]", "must be a local-part, without '@' and domain");
            }
        }

        reader.NotBuilt("defer");
        var subaddressing = reader.Boolean("subaddressing", otherwise: false);
        var requireTls = reader.Boolean("requireTls", otherwise: false);
        reader.RefuseUnknown();
        return ascii is null ? null : new(ascii, [.. (recipients ?? Everyone).OfType<string>().Select(pattern => new Glob(pattern))], subaddressing, requireTls);
    }
}
