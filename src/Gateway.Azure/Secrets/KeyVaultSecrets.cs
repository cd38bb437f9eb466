using Azure;
using Azure.Security.KeyVault.Secrets;

namespace Gateway.Azure.Secrets;

/// <summary>Secrets of a key vault, each in its newest version. Nothing is cached here.</summary>
public sealed class KeyVaultSecrets(SecretClient client)
{
    /// <summary>The secret's value; null when the vault has none of that name.</summary>
    /// <param name="name">1 to 127 letters, digits and hyphens.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="IOException">It cannot be read; the message names it, says why and holds no secret.</exception>
    public async ValueTask<string?> ReadAsync(string name, CancellationToken cancel) => (await GetAsync(client, name, cancel))?.Value;

    /// <summary>The same with its version and content type.</summary>
    internal static async ValueTask<KeyVaultSecret?> GetAsync(SecretClient client, string name, CancellationToken cancel)
    {
        try
        {
            return await client.GetSecretAsync(name, version: null, outContentType: null, cancel);
        }
        catch (RequestFailedException e) when (e is { Status: 404, ErrorCode: "SecretNotFound" })
        {
            return null;
        }
        catch (Exception e) when (SdkFailure.Is(e, cancel))
        {
            throw SdkFailure.As(e, $"Key Vault secret {name}");
        }
    }
}
