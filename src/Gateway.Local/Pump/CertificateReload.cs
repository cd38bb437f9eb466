using System.Runtime.ExceptionServices;
using Gateway.Core.Ports;
using Microsoft.Extensions.Logging;

namespace Gateway.Local.Pump;

/// <summary>Holds the certificates in force and looks for newer ones; sessions that are up keep what they began with.</summary>
/// <param name="sources">One for each certificate, that of the default first.</param>
/// <param name="clock">For the waits.</param>
/// <param name="logger">Told what was replaced, and what could not be.</param>
public sealed class CertificateReload(IEnumerable<ICertificateSource> sources, TimeProvider clock, ILogger<CertificateReload> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    // The ones before are not disposed: a handshake may be using them, and the collector knows when not.
    private readonly (ICertificateSource Source, ServerCertificate? Last)[] _all = [.. sources.Select(source => (source, (ServerCertificate?)null))];
    private volatile ServerCertificates? _current;

    /// <summary>Null until they have been loaded, and while no source has one. A new object whenever one of them changed.</summary>
    public ServerCertificates? Current => _current;

    /// <summary>Reads all. A source that has none any more keeps the one it had. Not to be called twice at a time.</summary>
    /// <exception cref="IOException">Some cannot be read; the message has a sentence for each. Before the first time that all could, none is in force.</exception>
    public async Task LoadAsync(CancellationToken cancel)
    {
        var failures = await ReadAllAsync(cancel);
        if (failures.Find(failure => failure is not IOException) is { } fault)
        {
            ExceptionDispatchInfo.Throw(fault);
        }

        if (failures.Count > 0)
        {
            throw new IOException(string.Join("; ", failures.Select(failure => failure.Message)), failures[0]);
        }
    }

    /// <summary>Looks each minute until it is cancelled; a bad file never replaces a good certificate, nor keeps another from being replaced.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            foreach (var failure in await ReadAllAsync(cancel))
            {
                logger.CertificateNotReloaded(failure.Message);
            }
        }
    }

    private async Task<List<Exception>> ReadAllAsync(CancellationToken cancel)
    {
        var failures = new List<Exception>();
        var replaced = new List<ServerCertificate>();
        for (var i = 0; i < _all.Length; i++)
        {
            try
            {
                if (await _all[i].Source.ReadAsync(cancel) is { } next && next.Version != _all[i].Last?.Version)
                {
                    _all[i].Last = next;
                    replaced.Add(next);
                }
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                failures.Add(e);
            }
        }

        if (_current is null ? failures.Count == 0 : replaced.Count > 0)
        {
            PutInForce(replaced);
        }

        return failures;
    }

    private void PutInForce(List<ServerCertificate> replaced)
    {
        var isFirst = _current is null;
        ServerCertificate[] known = [.. _all.Select(one => one.Last).OfType<ServerCertificate>()];
        _current = known.Length > 0 ? new([.. known]) : null;
        foreach (var certificate in isFirst ? [] : replaced)
        {
            logger.CertificateReplaced(certificate.Names() is [var name, ..] ? name : "no name", certificate.Certificate.NotAfter.ToUniversalTime());
        }
    }
}
