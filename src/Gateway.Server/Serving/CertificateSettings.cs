using System.Text.RegularExpressions;
using Gateway.Azure;

namespace Gateway.Server.Serving;

/// <summary>Where the server certificate comes from. Nothing set: a self-signed one, which opportunistic senders accept.</summary>
internal sealed partial class CertificateSettings
{
    /// <summary>A PKCS #12 file without a password, or a PEM file with the certificate and its chain; null: none.</summary>
    public string? File { get; set; }

    /// <summary>The PEM file with the private key; null: it is in <see cref="File"/>.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Name of the Key Vault certificate, which is also the name of the secret that holds it; null: none.</summary>
    public string? Secret { get; set; }

    public IEnumerable<string> Problems(KeyVaultOptions keyVault)
    {
        if (File is not null && Secret is not null)
        {
            yield return "Certificate: File and Secret do not go together";
        }

        if (KeyFile is not null && File is null)
        {
            yield return "Certificate:KeyFile goes with Certificate:File";
        }

        if (Secret is not null && !VaultName.IsMatch(Secret))
        {
            yield return "Certificate:Secret must be 1 to 127 letters, digits and hyphens";
        }

        if (Secret is not null && keyVault.Endpoint is null)
        {
            yield return "KeyVault:Endpoint is missing, which Certificate:Secret needs";
        }
    }

    [GeneratedRegex("^[A-Za-z0-9-]{1,127}\\z")]
    private static partial Regex VaultName { get; }
}
