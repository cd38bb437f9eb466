namespace Gateway.Testing.Azurite;

/// <summary>The storage account that a test program runs against: what GATEWAY_STORAGE names, else Azurite, started once.</summary>
/// <param name="Name">For the test's output.</param>
/// <param name="ConnectionString">Blobs and tables.</param>
/// <param name="Unavailable">Null; else why there is none: the reason to skip.</param>
public sealed record StorageTarget(string Name, string ConnectionString, string? Unavailable)
{
    public const string Variable = "GATEWAY_STORAGE";

    /// <summary>Held here, because a process that nobody refers to is collected, and its standard input with it: then Azurite ends.</summary>
    internal AzuriteProcess? Process { get; private init; }

    private static readonly Lazy<Task<StorageTarget>> Only = new(FindAsync);

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
            var azurite = await AzuriteProcess.StartAsync([], CancellationToken.None);
            return new("Azurite", azurite.ConnectionString, null) { Process = azurite };
        }
        catch (AzuriteUnavailableException e)
        {
            return new("none", "", $"No storage to test against: {Variable} is not set, and Azurite cannot be run: {e.Message}");
        }
    }
}
