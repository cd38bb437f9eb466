using Azure.Core;
using Azure.Security.KeyVault.Secrets;

namespace Gateway.Azure;

/// <summary>The key vault with webhook secrets (<c>keyvault:NAME</c>) and, perhaps, the server certificate.</summary>
public sealed class KeyVaultOptions
{
    /// <summary>E.g. <c>https://NAME.vault.azure.net/</c>, entered with a token credential; null: there is none.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>Time for one request before it is tried again. Default 10 seconds.</summary>
    public TimeSpan TryTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a request that failed for now is tried again. Default 3.</summary>
    public int MaxRetries { get; set; } = 3;

    /// <inheritdoc cref="StorageOptions.Problems"/>
    public IEnumerable<string> Problems()
    {
        if (Endpoint is { IsAbsoluteUri: false } or { Scheme: not "https" })
        {
            yield return "KeyVault:Endpoint must be an https URL: a token may not travel in plain text";
        }
        else if (Endpoint is { UserInfo.Length: > 0 } or { Query.Length: > 0 } or { Fragment.Length: > 0 } or { AbsolutePath: not "/" })
        {
            yield return "KeyVault:Endpoint must be a URL without user name, path, query and fragment";
        }

        if (TryTimeout < TimeSpan.FromSeconds(1) || TryTimeout > TimeSpan.FromMinutes(2))
        {
            yield return "KeyVault:TryTimeout must be between 1 second and 2 minutes";
        }

        if (MaxRetries is < 0 or > 10)
        {
            yield return "KeyVault:MaxRetries must be between 0 and 10";
        }
    }

    /// <summary>Of options with an endpoint and without <see cref="Problems"/>. Thread-safe; one a process.</summary>
    /// <param name="credential">Who we are there.</param>
    public SecretClient Create(TokenCredential credential)
    {
        var options = new SecretClientOptions
        {
            Retry =
            {
                NetworkTimeout = TryTimeout,
                MaxRetries = MaxRetries,
                Mode = RetryMode.Exponential,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(5),
            },
            Diagnostics = { IsLoggingContentEnabled = false, ApplicationId = "gateway" },
        };
        return new(Endpoint, credential, options);
    }
}
