using Gateway.Core.Ports;
using Microsoft.Extensions.Logging;

namespace Gateway.Local.Pump;

/// <summary>Holds the certificate in force and looks for a newer one; sessions that are up keep what they began with.</summary>
public sealed class CertificateReload(ICertificateSource source, TimeProvider clock, ILogger<CertificateReload> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private volatile ServerCertificate? _current;

    /// <summary>Null until it has been loaded.</summary>
    public ServerCertificate? Current => _current;

    /// <exception cref="IOException">It cannot be read.</exception>
    public async Task LoadAsync(CancellationToken cancel)
    {
        // The one before is not disposed: a handshake may be using it, and the collector knows when not.
        if (await source.ReadAsync(cancel) is { } next && next.Version != _current?.Version)
        {
            var first = _current is null;
            _current = next;
            if (!first)
            {
                logger.CertificateReplaced(next.Certificate.NotAfter.ToUniversalTime());
            }
        }
    }

    /// <summary>Looks each minute until it is cancelled; a bad file never replaces a good certificate.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            try
            {
                await LoadAsync(cancel);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.CertificateNotReloaded(e.Message);
            }
        }
    }
}
