using System.Net;
using System.Text;
using DotNet.Testcontainers.Builders;
using Gateway.Azure;
using Gateway.Azure.Stores;
using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.Containers.Tests;

/// <summary>What stands about a gateway's container in the place of Azure and of the application, and how the container reaches it.</summary>
internal abstract class Wiring : IAsyncDisposable
{
    private const string SecretVariable = "APP_WEBHOOK_SECRET";

    /// <summary>How long what a killed gateway held stays hidden; in Azure 5 minutes.</summary>
    protected static readonly TimeSpan LockDuration = TimeSpan.FromSeconds(15);

    public required Inbox Inbox { get; init; }

    /// <summary>More settings of the gateway.</summary>
    public Dictionary<string, string> Settings { get; } = new(StringComparer.Ordinal);

    /// <summary>The gateway's whole environment.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>(Settings, StringComparer.Ordinal)
    {
        ["GATEWAY_Smtp__Hostname"] = "mx.example.com",
        ["GATEWAY_Storage__ConnectionString"] = StorageForGateway,
        ["GATEWAY_Bus__ConnectionString"] = BusForGateway,
        ["GATEWAY_Stages__InProcess"] = "true",
        [SecretVariable] = Inbox.Secret,
    };

    /// <summary>Arguments behind the image's name.</summary>
    public abstract IReadOnlyList<string> Arguments { get; }

    /// <summary>Storage as this process reaches it.</summary>
    public StorageClients Storage { get; private set; } = null!;

    protected abstract string StorageForGateway { get; }

    protected abstract string BusForGateway { get; }

    /// <summary>The application's address as the gateway reaches it.</summary>
    protected abstract string InboxForGateway { get; }

    /// <summary>Skips the test where it is not to be had.</summary>
    public static async Task<Wiring> StartAsync(Bus bus) => bus == Bus.Emulator ? await EmulatorWiring.StartAsync() : await BrokerWiring.StartAsync();

    /// <summary>Puts the gateway's container where it reaches all this.</summary>
    public abstract ContainerBuilder Place(ContainerBuilder gateway);

    /// <summary>Where a container listens for mail and for HTTP since its last start, as this process reaches it; null: not yet.</summary>
    /// <param name="id">Of the container.</param>
    /// <param name="starts">How often it was started.</param>
    public abstract Task<(IPEndPoint Smtp, IPEndPoint Http)?> FindAsync(string id, int starts);

    public abstract ValueTask DisposeAsync();

    /// <summary>Makes containers and the configuration, as a deployment does before the gateway's first start.</summary>
    protected async Task ConfigureAsync(string storage)
    {
        var cancel = TestContext.Current.CancellationToken;
        Storage = new(new() { ConnectionString = storage }, credential: null);
        await Storage.CreateAsync(cancel);
        var document = DataSite.Document(InboxForGateway, $"env:{SecretVariable}", 0).ToJsonString();
        Assert.NotNull(await new BlobConfigurationSource(Storage).WriteAsync(Encoding.UTF8.GetBytes(document), null, cancel));
    }
}

/// <summary>What is in the place of Service Bus.</summary>
public enum Bus
{
    /// <summary>The broker fixture, in the test's process.</summary>
    Broker,

    /// <summary>The official emulator, in a container.</summary>
    Emulator,
}
