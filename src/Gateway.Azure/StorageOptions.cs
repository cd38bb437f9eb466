using System.Buffers;
using Azure.Data.Tables;
using Azure.Storage.Blobs;

namespace Gateway.Azure;

/// <summary>The storage account: blobs for mail and configuration, tables for state and activity.</summary>
public sealed class StorageOptions
{
    /// <summary>
    /// Versions of the protocols that are spoken. Pinned: a newer SDK must not begin to speak one that emulators and older clouds do not
    /// know.
    /// </summary>
    internal const BlobClientOptions.ServiceVersion BlobVersion = BlobClientOptions.ServiceVersion.V2026_06_06;

    /// <inheritdoc cref="BlobVersion"/>
    internal const TableClientOptions.ServiceVersion TableVersion = TableClientOptions.ServiceVersion.V2020_12_06;

    private static readonly SearchValues<char> PrefixChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");

    /// <summary>E.g. <c>https://NAME.blob.core.windows.net/</c>, entered with a token credential; null with a connection string.</summary>
    public Uri? BlobEndpoint { get; set; }

    /// <summary>E.g. <c>https://NAME.table.core.windows.net/</c>; null with a connection string.</summary>
    public Uri? TableEndpoint { get; set; }

    /// <summary>Of an emulator (Azurite) and of nothing else: a real account is entered with a token. Null: the endpoints count.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// Put before the names of containers and tables, so that several gateways can share an account: up to 20 of a-z and 0-9, the first a
    /// letter. Default "": none.
    /// </summary>
    public string Prefix { get; set; } = "";

    /// <summary>Time for one request before it is tried again. Default 10 seconds; the SDK's own 100 is longer than a mail client waits in all.</summary>
    public TimeSpan TryTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a request that failed for now is tried again. Default 3.</summary>
    public int MaxRetries { get; set; } = 3;

    /// <summary>Everything that is wrong with the settings, each named as an environment variable of the program would name it; empty: nothing.</summary>
    public IEnumerable<string> Problems()
    {
        if (ConnectionString is not null)
        {
            if (BlobEndpoint is not null || TableEndpoint is not null)
            {
                yield return "Storage: ConnectionString and BlobEndpoint or TableEndpoint do not go together";
            }

            if (!IsEmulator(ConnectionString))
            {
                yield return "Storage:ConnectionString is for emulators only (UseDevelopmentStorage=true or the account devstoreaccount1); a real account needs BlobEndpoint and TableEndpoint";
            }
            else if (!CanBeRead(ConnectionString))
            {
                yield return "Storage:ConnectionString is not a connection string: AccountName and AccountKey, with BlobEndpoint and TableEndpoint where they are elsewhere";
            }
        }
        else
        {
            foreach (var (name, endpoint) in ((string, Uri?)[])[("BlobEndpoint", BlobEndpoint), ("TableEndpoint", TableEndpoint)])
            {
                if (EndpointProblem(endpoint) is { } problem)
                {
                    yield return $"Storage:{name} {problem}";
                }
            }
        }

        if (Prefix.Length > 20 || Prefix.AsSpan().ContainsAnyExcept(PrefixChars) || (Prefix.Length > 0 && !char.IsAsciiLetter(Prefix[0])))
        {
            yield return "Storage:Prefix must be up to 20 of a-z and 0-9, the first a letter";
        }

        if (TryTimeout < TimeSpan.FromSeconds(1) || TryTimeout > TimeSpan.FromMinutes(2))
        {
            yield return "Storage:TryTimeout must be between 1 second and 2 minutes";
        }

        if (MaxRetries is < 0 or > 10)
        {
            yield return "Storage:MaxRetries must be between 0 and 10";
        }
    }

    private static string? EndpointProblem(Uri? endpoint) => endpoint switch
    {
        null => "is missing",
        { IsAbsoluteUri: false } or { Scheme: not "https" } => "must be an https URL: a token may not travel in plain text",
        { UserInfo.Length: > 0 } or { Query.Length: > 0 } or { Fragment.Length: > 0 } => "must be a URL without user name, query and fragment",
        _ => null,
    };

    private static bool CanBeRead(string connectionString)
    {
        try
        {
            _ = (new BlobServiceClient(connectionString), new TableServiceClient(connectionString));
            return true;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool IsEmulator(string connectionString) => connectionString
        .Split(';', StringSplitOptions.TrimEntries)
        .Any(part => part.Equals("UseDevelopmentStorage=true", StringComparison.OrdinalIgnoreCase)
            || part.Equals("AccountName=devstoreaccount1", StringComparison.OrdinalIgnoreCase));
}
