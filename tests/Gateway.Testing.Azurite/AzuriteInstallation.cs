namespace Gateway.Testing.Azurite;

/// <summary>Azurite from npm, in the versions of the lock file, once for all test programs of a checkout.</summary>
internal static class AzuriteInstallation
{
    /// <summary>Where node_modules is; installs it first when it is not there.</summary>
    /// <exception cref="AzuriteUnavailableException">There is no Node or npm, or npm failed; the message says which.</exception>
    public static async Task<string> EnsureAsync(CancellationToken cancel)
    {
        try
        {
            return await NpmInstallation.EnsureAsync("azurite", AppContext.BaseDirectory, cancel);
        }
        catch (NpmException e)
        {
            throw new AzuriteUnavailableException(e.Message, e);
        }
    }
}

/// <summary>The storage that tests need is not to be had; the message says why and is the reason to skip.</summary>
public sealed class AzuriteUnavailableException(string message, Exception? cause = null) : Exception(message, cause);
