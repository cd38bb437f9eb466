namespace Gateway.Testing.Azurite;

/// <summary>The storage account that a test program runs against: what GATEWAY_STORAGE names, else Azurite, started once.</summary>
/// <param name="Name">For the test's output.</param>
/// <param name="ConnectionString">Blobs and tables.</param>
/// <param name="Unavailable">Null; else why there is none: the reason to skip.</param>
public sealed record StorageTarget(string Name, string ConnectionString, string? Unavailable)
{
    public const string Variable = "GATEWAY_STORAGE";

    private static readonly Lazy<Task<StorageTarget>> Only = new(FindAsync);

    /// <summary>Held on to: if it were collected, its standard input would be closed, and that is its end.</summary>
    private static AzuriteProcess? _azurite;

    /// <summary>The same for all tests of a program; Azurite ends with the program.</summary>
    public static Task<StorageTarget> GetAsync() => Only.Value;

    private static async Task<StorageTarget> FindAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            return new($"the storage that {Variable} names", given, null);
        }

        try
        {
            _azurite = await AzuriteProcess.StartAsync([], CancellationToken.None);
            return new("Azurite", _azurite.ConnectionString, null);
        }
        catch (AzuriteUnavailableException e)
        {
            return new("none", "", $"No storage to test against: {Variable} is not set, and Azurite cannot be run: {e.Message}");
        }
    }
}
