using Azure.Security.KeyVault.Secrets;
using Gateway.Azure.Secrets;
using Gateway.Core.Ports;

namespace Gateway.Azure.Certificates;

/// <summary>
/// The server certificate from a key vault: the secret under a vault certificate's name (base64 of PKCS #12, or PEM by its content type),
/// or any other secret of that form.
/// </summary>
/// <remarks>
/// Asked each minute; a version that is the one before is not parsed again, the same object is returned. The certificate's own object in
/// the vault has no private key, so the secret it is.
/// </remarks>
/// <param name="client">Of the vault.</param>
/// <param name="secretName">Which secret.</param>
public sealed class KeyVaultCertificateSource(SecretClient client, string secretName) : ICertificateSource
{
    private const string PemType = "application/x-pem-file";
    private const string Pkcs12Type = "application/x-pkcs12";

    private volatile ServerCertificate? _last;

    private string Name => $"Key Vault secret {secretName}";

    public async ValueTask<ServerCertificate?> ReadAsync(CancellationToken cancel)
    {
        if (await KeyVaultSecrets.GetAsync(client, secretName, cancel) is not { } secret)
        {
            return null;
        }

        var last = _last;
        return last is not null && last.Version == secret.Properties.Version ? last : _last = Parse(secret) with { Version = secret.Properties.Version };
    }

    private ServerCertificate Parse(KeyVaultSecret secret)
    {
        switch (secret.Properties.ContentType)
        {
            case PemType:
                return ServerCertificate.FromPem(secret.Value, Name);
            case Pkcs12Type or null or "":
                // Not the exception of the decoder, whose text may quote.
                var octets = new byte[secret.Value.Length];
                return Convert.TryFromBase64String(secret.Value, octets, out var length)
                    ? ServerCertificate.FromPkcs12(octets.AsSpan(0, length), Name)
                    : throw new IOException($"{Name} is not base64 of PKCS #12");
            default:
                throw new IOException($"{Name} has a content type other than {Pkcs12Type} and {PemType}");
        }
    }
}
