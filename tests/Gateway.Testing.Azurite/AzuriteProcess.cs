using System.Diagnostics;

namespace Gateway.Testing.Azurite;

/// <summary>Blob and table storage as a child process on free loopback ports, gone at its end.</summary>
public sealed class AzuriteProcess : IAsyncDisposable
{
    /// <summary>Azurite's published account; it protects nothing.</summary>
    public const string Account = "devstoreaccount1";

    /// <summary>Azurite's published key; it protects nothing.</summary>
    public const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string[] Services = ["Blob", "Queue", "Table"];
    private readonly Process _process;

    private AzuriteProcess(Process process) => _process = process;

    public Uri BlobEndpoint { get; private set; } = null!;

    public Uri TableEndpoint { get; private set; } = null!;

    public string ConnectionString => ConnectionStringOf(BlobEndpoint, TableEndpoint);

    /// <summary>For endpoints in front of Azurite's: the account's path is already in them.</summary>
    public static string ConnectionStringOf(Uri blobs, Uri tables) =>
        $"DefaultEndpointsProtocol={blobs.Scheme};AccountName={Account};AccountKey={Key};BlobEndpoint={blobs};TableEndpoint={tables};";

    /// <param name="arguments">More of Azurite's own options, e.g. <c>--oauth basic</c> with a certificate; empty: none.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="location">A folder to keep everything in; null: memory, of which it takes half a machine's at most.</param>
    /// <exception cref="AzuriteUnavailableException">It cannot be installed or does not start; the message says why.</exception>
    public static async Task<AzuriteProcess> StartAsync(IEnumerable<string> arguments, CancellationToken cancel, string? location = null)
    {
        var folder = await AzuriteInstallation.EnsureAsync(cancel);
        var start = new ProcessStartInfo("node",
        [
            Path.Combine(AppContext.BaseDirectory, "run.js"), folder,
            "--blobHost", "127.0.0.1", "--blobPort", "0", "--queueHost", "127.0.0.1", "--queuePort", "0", "--tableHost", "127.0.0.1", "--tablePort", "0",
            "--blobKeepAliveTimeout", "300", "--tableKeepAliveTimeout", "300", // a connection that closes under a request is another test's subject
            "--silent", "--disableTelemetry", .. location is null ? (string[])["--inMemoryPersistence"] : ["--location", location], .. arguments,
        ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var azurite = new AzuriteProcess(Process.Start(start)!);
        try
        {
            await azurite.WaitUntilListeningAsync(cancel);
            return azurite;
        }
        catch // a process that did not come up is ended, and the failure goes on
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task WaitUntilListeningAsync(CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        while (found.Count < Services.Length)
        {
            var line = await _process.StandardOutput.ReadLineAsync(patience.Token);
            if (line is null)
            {
                throw new AzuriteUnavailableException($"Azurite ended at its start: {(await _process.StandardError.ReadToEndAsync(patience.Token)).Trim()}");
            }

            foreach (var service in Services.Where(service => line.StartsWith($"Azurite {service} service is successfully listening at ", StringComparison.Ordinal)))
            {
                found[service] = line[(line.LastIndexOf(' ') + 1)..];
            }
        }

        _ = DrainAsync(_process.StandardOutput);
        _ = DrainAsync(_process.StandardError);
        BlobEndpoint = new($"{found["Blob"]}/{Account}");
        TableEndpoint = new($"{found["Table"]}/{Account}");
    }

    /// <summary>A pipe that nobody reads fills up and stops who writes.</summary>
    private static async Task DrainAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is not null)
        {
        }
    }
}
