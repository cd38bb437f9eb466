using Gateway.Core.Ports;
using Microsoft.Extensions.Logging;

namespace Gateway.Server.Serving;

/// <summary>
/// A certificate that this process made for itself, until there is another: mail between servers is encrypted then, and nobody can
/// tell who we are. Once there was another ours is never shown: when that one goes away it stays in force.
/// </summary>
/// <param name="other">Comes first; null: none is set.</param>
/// <param name="hostname">The name in ours.</param>
/// <param name="clock">For its validity.</param>
/// <param name="logger">Told once that ours is shown.</param>
internal sealed class SelfSignedCertificateSource(ICertificateSource? other, string hostname, TimeProvider clock, ILogger<SelfSignedCertificateSource> logger)
    : ICertificateSource
{
    private ServerCertificate? _own;
    private volatile bool _hadOther;

    public async ValueTask<ServerCertificate?> ReadAsync(CancellationToken cancel)
    {
        if (other is not null && await other.ReadAsync(cancel) is { } named)
        {
            _hadOther = true;
            return named;
        }

        if (_hadOther)
        {
            return null; // deleted, or between two versions: senders that check names would stop at ours
        }

        if (_own is null)
        {
            logger.SelfSigned(other is null ? "none is set" : "Key Vault has none under the name that is set");
            _own = ServerCertificate.FromPkcs12(ServerCertificate.SelfSigned(hostname, clock.GetUtcNow()), "The certificate of our own");
        }

        return _own;
    }
}
