using System.Collections.Concurrent;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>The paths that a connection may open links to, each until its token expires.</summary>
internal sealed class TokenGrants
{
    private const int MaxGrants = 1000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _grants = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>False: the connection has too many.</summary>
    public bool TryAdd(string path, DateTimeOffset expiry)
    {
        if (_grants.Count >= MaxGrants && !_grants.ContainsKey(path))
        {
            return false;
        }

        _grants[path] = expiry;
        return true;
    }

    /// <summary>True when a token for the path, or for one above it, is still good.</summary>
    public bool Covers(string path, DateTimeOffset now) =>
        _grants.Any(grant => grant.Value > now && TokenPath.Covers(grant.Key, path));
}

/// <summary>Paths of entities compare by whole segments and without regard to case.</summary>
internal static class TokenPath
{
    public static bool Covers(string above, string path) =>
        above.Length == 0
        || path.Equals(above, StringComparison.OrdinalIgnoreCase)
        || path.StartsWith(above + "/", StringComparison.OrdinalIgnoreCase);
}
