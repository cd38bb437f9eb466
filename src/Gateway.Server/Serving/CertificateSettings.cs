using System.Text.RegularExpressions;
using Gateway.Azure;

namespace Gateway.Server.Serving;

/// <summary>
/// Where the server's certificates come from: several are separated by commas, the first is the default, and the others are shown to clients that name one of their hosts.
/// Nothing set: a self-signed one, which opportunistic senders accept.
/// </summary>
internal sealed partial class CertificateSettings
{
    private const char Separator = ',';

    /// <summary>PKCS #12 files without a password, or PEM files with a certificate and its chain; null: none. No path has a comma in it.</summary>
    public string? File { get; set; }

    /// <summary>The PEM files with the private keys, as many as <see cref="File"/> has, in its order; null: each key is in its file there.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Names of Key Vault certificates, which are also the names of the secrets that hold them; null: none.</summary>
    public string? Secret { get; set; }

    /// <summary>Of settings without problems: each file, and where its key is when not in it.</summary>
    public IEnumerable<(string File, string? KeyFile)> FilePairs()
    {
        var keys = Split(KeyFile);
        return Split(File).Select((file, i) => (file, keys.Length > 0 ? keys[i] : null));
    }

    /// <summary>Of settings without problems.</summary>
    public IReadOnlyList<string> Secrets() => Split(Secret);

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
        else if (KeyFile is not null && Split(KeyFile).Length != Split(File).Length)
        {
            yield return $"Certificate:KeyFile has {Split(KeyFile).Length} entries and File has {Split(File).Length}: as many, in one order, or no KeyFile at all";
        }

        foreach (var problem in ListProblems("File", File).Concat(ListProblems("KeyFile", KeyFile)).Concat(ListProblems("Secret", Secret)))
        {
            yield return problem;
        }

        if (Split(Secret).Any(name => name.Length > 0 && !VaultName.IsMatch(name)))
        {
            yield return "Certificate:Secret must be 1 to 127 letters, digits and hyphens, or several of these with commas between";
        }

        if (Secret is not null && keyVault.Endpoint is null)
        {
            yield return "KeyVault:Endpoint is missing, which Certificate:Secret needs";
        }
    }

    private static IEnumerable<string> ListProblems(string name, string? list)
    {
        var all = Split(list);
        if (all.Contains(""))
        {
            yield return $"Certificate:{name} has an empty entry";
        }

        // The vault does not tell case apart; and one key file may go with several certificates.
        var comparer = name == nameof(Secret) ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        if (name != nameof(KeyFile) && all.Where(entry => entry.Length > 0).GroupBy(entry => entry, comparer).Any(same => same.Count() > 1))
        {
            yield return $"Certificate:{name} has an entry twice";
        }
    }

    private static string[] Split(string? list) => list?.Split(Separator, StringSplitOptions.TrimEntries) ?? [];

    [GeneratedRegex("^[A-Za-z0-9-]{1,127}\\z")]
    private static partial Regex VaultName { get; }
}
