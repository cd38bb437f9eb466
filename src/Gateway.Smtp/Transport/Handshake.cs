using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using Gateway.Core.Events;

namespace Gateway.Smtp.Transport;

/// <summary>What came of a TLS handshake.</summary>
/// <param name="Stream">Null: it failed.</param>
/// <param name="Facts">Of the TLS session.</param>
/// <param name="Failure">Why it failed, for the log; null: it did not.</param>
internal readonly record struct HandshakeResult(SslStream? Stream, TlsFacts? Facts, string? Failure);

/// <summary>The TLS handshake, the server's side of it.</summary>
internal static class Handshake
{
    /// <param name="stream">Of the connection; it is closed with the result's stream, or when the handshake fails.</param>
    /// <param name="hosts">The certificates.</param>
    /// <param name="cancel">The deadline.</param>
    public static async ValueTask<HandshakeResult> RunAsync(Stream stream, TlsHosts hosts, CancellationToken cancel)
    {
        var reading = hosts.AsksClients ? new ClientCertificateReading() : null;
#pragma warning disable CA5359 // a client's certificate is recorded, and never decides anything here
        var tls = new SslStream(stream, leaveInnerStreamOpen: false, reading is null ? null : reading.Take);
#pragma warning restore CA5359
        var isDone = false;
        try
        {
            await tls.AuthenticateAsServerAsync(static (_, hello, hosts, _) => new(((TlsHosts)hosts!).For(hello.ServerName)), hosts, cancel);
            var facts = PeerFacts.Of(tls, reading?.Offered);
            isDone = true;
            return new(tls, facts, null);
        }
        catch (Exception e) when (e is AuthenticationException or InvalidOperationException or CryptographicException || Connection.IsEndOfConnection(e))
        {
            return new(null, null, e is OperationCanceledException ? "not finished in time" : e.InnerException is { } cause ? $"{e.Message} {cause.Message}" : e.Message);
        }
        finally
        {
            if (!isDone)
            {
                await tls.DisposeAsync();
            }
        }
    }
}
