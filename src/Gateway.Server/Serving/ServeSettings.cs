using System.Collections;
using Gateway.Azure;
using Gateway.Server.Hosting;
using Gateway.Smtp;

namespace Gateway.Server.Serving;

/// <summary>What <c>gateway serve</c> is told by its environment.</summary>
/// <param name="Smtp">Limits, time-outs and the host's name.</param>
/// <param name="Listeners">Where mail is taken.</param>
/// <param name="ClientIp">How clients' addresses become known.</param>
/// <param name="Limits">What one client, and all of them, may take.</param>
/// <param name="Azure">Where mail goes; null: to the local store.</param>
/// <param name="Certificate">Which certificate clients are shown.</param>
/// <param name="KeyVault">For the certificate and for <c>keyvault:</c> secrets.</param>
/// <param name="Credential">Who we are to Azure.</param>
internal sealed record ServeSettings(
    SmtpOptions Smtp, ListenerSettings Listeners, ClientIpOptions ClientIp, LimitOptions Limits, AzureSettings? Azure, CertificateSettings Certificate, KeyVaultOptions KeyVault, CredentialOptions Credential)
{
    /// <summary>Mail goes to Azure.</summary>
    public static bool NamesAzure(IDictionary environment) => NamesAzure(new Settings(environment));

    /// <exception cref="UsageException">Settings are unknown, malformed, missing, or do not go together; all are named.</exception>
    public static ServeSettings Read(IDictionary environment)
    {
        var settings = new Settings(environment);
        settings.RefuseOthers("Smtp", "Listeners", "ClientIp", "Limits", "Storage", "Bus", "Intake", "Configuration", "Stages", "Certificate", "KeyVault", "Credential");
        var read = new ServeSettings(
            settings.ReadSmtp(hostname: null),
            settings.Read("Listeners", new ListenerSettings()),
            settings.Read("ClientIp", new ClientIpOptions()),
            settings.Read("Limits", new LimitOptions()),
            NamesAzure(settings) ? AzureSettings.Read(settings) : null,
            settings.Read("Certificate", new CertificateSettings()),
            settings.Read("KeyVault", new KeyVaultOptions()),
            settings.Read("Credential", new CredentialOptions()));
        settings.Add(read.Listeners.Problems());
        settings.Add(read.ClientIp.Problems());
        settings.Add(read.Limits.Problems());
        settings.Add(read.Certificate.Problems(read.KeyVault));
        settings.Add(read.KeyVault.Problems());
        settings.Add(read.Credential.Problems());
        if (read.Azure is null)
        {
            foreach (var section in (string[])["Intake", "Configuration", "Stages"])
            {
                settings.Add(settings.Has(section) ? [$"{section}: goes with Storage and Bus; the local store has no such settings"] : []);
            }
        }

        settings.Add(ApplicationInsights.Problems(environment[ApplicationInsights.Variable] as string));
        settings.ThrowIfWrong();
        return read;
    }

    private static bool NamesAzure(Settings settings) => settings.Has("Storage") || settings.Has("Bus");
}
