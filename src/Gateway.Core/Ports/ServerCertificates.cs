using System.Collections.Immutable;

namespace Gateway.Core.Ports;

/// <summary>The certificates to show to clients, by the host that a client names (SNI, RFC 6066 section 3). It does not change; when a certificate does, there is a new one.</summary>
public sealed class ServerCertificates
{
    private const string AnyLabel = "*.";

    private readonly Dictionary<string, ServerCertificate> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, ServerCertificate>.AlternateLookup<ReadOnlySpan<char>> _wildcards = // by what stands behind "*."
        new Dictionary<string, ServerCertificate>(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <param name="all">At least one; the first is the default. Of two with the same name the first is shown.</param>
    public ServerCertificates(params ImmutableArray<ServerCertificate> all)
    {
        if (all.IsDefaultOrEmpty)
        {
            throw new ArgumentException("There must be a certificate", nameof(all));
        }

        All = all;
        foreach (var certificate in all)
        {
            foreach (var name in certificate.Names())
            {
                _ = name.StartsWith(AnyLabel, StringComparison.Ordinal)
                    ? _wildcards.Dictionary.TryAdd(name[AnyLabel.Length..], certificate)
                    : _hosts.TryAdd(name, certificate);
            }
        }
    }

    /// <summary>In the order given.</summary>
    public ImmutableArray<ServerCertificate> All { get; }

    /// <summary>The end of the first to end (UTC).</summary>
    public DateTime NotAfter => All.Min(certificate => certificate.Certificate.NotAfter.ToUniversalTime());

    /// <summary>
    /// The certificate that has the name, else one with a wildcard in place of its left-most label (RFC 6125 section 6.4.3), else the default.
    /// A client that does not like the default says so itself; a refusal would only take TLS from those that do not look.
    /// </summary>
    /// <param name="serverName">As A-labels, in any case; null: the client named no host.</param>
    public ServerCertificate For(string? serverName)
    {
        if (serverName is null)
        {
            return All[0];
        }

        if (_hosts.TryGetValue(serverName, out var named))
        {
            return named;
        }

        var dot = serverName.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _wildcards.TryGetValue(serverName.AsSpan(dot + 1), out var fitting) ? fitting : All[0];
    }
}
