using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Blobs;

namespace Gateway.Azure;

/// <summary>The account's containers and tables, as one process uses them. Thread-safe; one a process.</summary>
/// <remarks>
/// Containers: <c>raw</c> (mail as it came), <c>parts</c> (what Inspect made of it), <c>kept</c> (what records refer to), <c>config</c>.
/// Tables: <c>state</c>, and one <c>activity</c> a month. Infra makes the containers and <c>state</c>; for an emulator
/// <see cref="CreateAsync"/> does.
/// </remarks>
public sealed class StorageClients
{
    private readonly string _prefix;

    /// <param name="options">Without <see cref="StorageOptions.Problems"/>.</param>
    /// <param name="credential">For the endpoints; null with a connection string.</param>
    public StorageClients(StorageOptions options, TokenCredential? credential) : this(options, credential, network: null)
    {
    }

    /// <param name="options">Without <see cref="StorageOptions.Problems"/>.</param>
    /// <param name="credential">For the endpoints; null with a connection string.</param>
    /// <param name="network">For tests: what requests go through; null: the SDK's own.</param>
    internal StorageClients(StorageOptions options, TokenCredential? credential, HttpPipelineTransport? network)
    {
        _prefix = options.Prefix;
        var blobs = new BlobClientOptions(StorageOptions.BlobVersion);
        var tables = new TableClientOptions(StorageOptions.TableVersion);
        Configure(blobs, options, network);
        Configure(tables, options, network);
        Blobs = options.ConnectionString is { } emulator ? new(emulator, blobs) : new(options.BlobEndpoint, credential, blobs);
        Tables = options.ConnectionString is { } text ? new(text, tables) : new(options.TableEndpoint, credential, tables);
        IsEmulator = options.ConnectionString is not null;
    }

    public BlobServiceClient Blobs { get; }

    public TableServiceClient Tables { get; }

    /// <summary>A connection string was given.</summary>
    public bool IsEmulator { get; }

    public BlobContainerClient Raw => Container("raw");

    public BlobContainerClient Parts => Container("parts");

    public BlobContainerClient Kept => Container("kept");

    public BlobContainerClient Config => Container("config");

    /// <param name="name">Lower-case letters and digits, without the prefix.</param>
    public BlobContainerClient Container(string name) => Blobs.GetBlobContainerClient(_prefix + name);

    /// <inheritdoc cref="Container"/>
    public TableClient Table(string name) => Tables.GetTableClient(_prefix + name);

    /// <summary>Makes the containers and the state table where they are missing: for emulators; in Azure infra has done so, and this program may not.</summary>
    public async Task CreateAsync(CancellationToken cancel)
    {
        foreach (var container in (BlobContainerClient[])[Raw, Parts, Kept, Config])
        {
            await container.CreateIfNotExistsAsync(cancellationToken: cancel);
        }

        await Table("state").CreateIfNotExistsAsync(cancel);
    }

    private static void Configure(ClientOptions client, StorageOptions options, HttpPipelineTransport? network)
    {
        client.Transport = network ?? client.Transport;
        client.Retry.NetworkTimeout = options.TryTimeout;
        client.Retry.MaxRetries = options.MaxRetries;
        client.Retry.Mode = RetryMode.Exponential;
        client.Retry.Delay = TimeSpan.FromMilliseconds(200);
        client.Retry.MaxDelay = TimeSpan.FromSeconds(5);
        client.Diagnostics.IsLoggingContentEnabled = false;
        client.Diagnostics.ApplicationId = "gateway";
    }
}
