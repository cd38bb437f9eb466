using System.Collections.Immutable;

namespace Gateway.Core.Configuration;

/// <summary>Reads an element of <c>domains</c>.</summary>
internal static class DomainReader
{
    private static readonly ImmutableArray<string?> Everyone = ["*"];

    public static DomainRule? Read(ObjectReader reader)
    {
        var name = reader.String("name", required: true);
        if (name is not null && name != "*" && !DomainName.IsValid(name))
        {
            reader.Error("name", "must be a domain name in ASCII (A-labels), or \"*\"");
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
        return name is null ? null : new(name.ToLowerInvariant(), [.. (recipients ?? Everyone).OfType<string>().Select(pattern => new Glob(pattern))], subaddressing, requireTls);
    }
}
