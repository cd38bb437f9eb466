using System.Net;
using System.Text.Json.Nodes;
using System.Xml;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Networks;
using Gateway.Testing.Azurite;
using Gateway.Testing.ServiceBus;

namespace Gateway.Containers.Tests;

/// <summary>All containers, on a network of their own: Azurite, the emulator of Service Bus, the SQL Server that it wants, and the gateway.</summary>
internal sealed class EmulatorWiring : Wiring
{
    private const string SqlPassword = "Only-1-for-tests";
    private const ushort BlobPort = 10000;
    private const ushort TablePort = 10002;

    /// <summary>The emulator takes no longer lives and no longer windows.</summary>
    private static readonly TimeSpan MostLife = TimeSpan.FromHours(1);

    private static readonly TimeSpan MostWindow = TimeSpan.FromMinutes(5);

    private readonly INetwork _network = new NetworkBuilder().Build();
    private readonly IContainer _azurite;
    private readonly IContainer _sql;
    private readonly IContainer _bus;

    private EmulatorWiring()
    {
        _azurite = new ContainerBuilder(ImageNames.Azurite).WithNetwork(_network).WithNetworkAliases("azurite")
            .WithCommand("azurite", "--blobHost", "0.0.0.0", "--tableHost", "0.0.0.0", "--queueHost", "0.0.0.0", "--disableTelemetry", "--skipApiVersionCheck", "--disableProductStyleUrl")
            .WithPortBinding(BlobPort, assignRandomHostPort: true).WithPortBinding(TablePort, assignRandomHostPort: true)
            .WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged("Azurite Table service is successfully listening")).Build();
        _sql = new ContainerBuilder(ImageNames.SqlServer).WithNetwork(_network).WithNetworkAliases("sql")
            .WithEnvironment("ACCEPT_EULA", "Y").WithEnvironment("MSSQL_SA_PASSWORD", SqlPassword)
            .WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged("SQL Server is now ready for client connections")).Build();
        _bus = new ContainerBuilder(ImageNames.ServiceBus).WithNetwork(_network).WithNetworkAliases("servicebus").DependsOn(_sql)
            .WithEnvironment("ACCEPT_EULA", "Y").WithEnvironment("SQL_SERVER", "sql").WithEnvironment("MSSQL_SA_PASSWORD", SqlPassword)
            .WithResourceMapping(System.Text.Encoding.UTF8.GetBytes(Queues().ToJsonString()), "/ServiceBus_Emulator/ConfigFiles/Config.json")
            .WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged("Emulator Service is Successfully Up!")).Build();
    }

    /// <summary>The image's own ports.</summary>
    public override IReadOnlyList<string> Arguments { get; } = ["serve"];

    protected override string StorageForGateway =>
        AzuriteProcess.ConnectionStringOf(new($"http://azurite:{BlobPort}/{AzuriteProcess.Account}"), new($"http://azurite:{TablePort}/{AzuriteProcess.Account}"));

    protected override string BusForGateway =>
        "Endpoint=sb://servicebus;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;";

    protected override string InboxForGateway => $"http://host.docker.internal:{Inbox.Port}";

    /// <summary>Skips the test where the images are not to be had, or containers have no network of their own.</summary>
    public static async Task<EmulatorWiring> StartAsync()
    {
        await DockerEngine.RequireAsync();
        Assert.SkipWhen(DockerEngine.IsHostNetworkOnly, "The Service Bus emulator and its database need a network of their own, which this engine does not have");
        foreach (var image in (string[])[ImageNames.ServiceBus, ImageNames.SqlServer, ImageNames.Azurite])
        {
            await ImageNames.RequireAsync(image);
        }

        var wiring = new EmulatorWiring { Inbox = await Inbox.StartAsync(IPAddress.Any) };
        try
        {
            await wiring._azurite.StartAsync(TestContext.Current.CancellationToken);
            await wiring._bus.StartAsync(TestContext.Current.CancellationToken);
            await wiring.ConfigureAsync(AzuriteProcess.ConnectionStringOf(wiring.EndpointOf(BlobPort), wiring.EndpointOf(TablePort)));
            return wiring;
        }
        catch // nothing stays half up, and the failure goes on
        {
            await wiring.DisposeAsync();
            throw;
        }
    }

    public override ContainerBuilder Place(ContainerBuilder gateway) => gateway.WithNetwork(_network).WithExtraHost("host.docker.internal", "host-gateway")
        .WithPortBinding(2525, assignRandomHostPort: true).WithPortBinding(8080, assignRandomHostPort: true);

    /// <summary>The engine gives other ports at each start.</summary>
    public override async Task<(IPEndPoint Smtp, IPEndPoint Http)?> FindAsync(string id, int starts)
    {
        const string template = "{{(index (index .NetworkSettings.Ports \"2525/tcp\") 0).HostPort}} {{(index (index .NetworkSettings.Ports \"8080/tcp\") 0).HostPort}}";
        var ports = (await DockerEngine.InspectAsync(id, template, TestContext.Current.CancellationToken)).Split(' ');
        return (new(IPAddress.Loopback, int.Parse(ports[0], null)), new(IPAddress.Loopback, int.Parse(ports[1], null)));
    }

    public override async ValueTask DisposeAsync()
    {
        await _bus.DisposeAsync();
        await _sql.DisposeAsync();
        await _azurite.DisposeAsync();
        await _network.DisposeAsync();
        await Inbox.DisposeAsync();
    }

    private static JsonObject Queues() => new()
    {
        ["UserConfig"] = new JsonObject
        {
            ["Namespaces"] = new JsonArray(new JsonObject
            {
                ["Name"] = "sbemulatorns",
                ["Queues"] = new JsonArray([.. new BrokerOptions().Queues.Select(Queue)]),
                ["Topics"] = new JsonArray(),
            }),
            ["Logging"] = new JsonObject { ["Type"] = "Console" },
        },
    };

    /// <summary>As infra sets it up, where the emulator can.</summary>
    private static JsonObject Queue(QueueOptions queue) => new()
    {
        ["Name"] = queue.Name,
        ["Properties"] = new JsonObject
        {
            ["LockDuration"] = XmlConvert.ToString(LockDuration),
            ["MaxDeliveryCount"] = queue.MaxDeliveryCount,
            ["RequiresDuplicateDetection"] = queue.RequiresDuplicateDetection,
            ["DuplicateDetectionHistoryTimeWindow"] = XmlConvert.ToString(Least(queue.DuplicateDetectionWindow, MostWindow)),
            ["DefaultMessageTimeToLive"] = XmlConvert.ToString(Least(queue.DefaultTimeToLive, MostLife)),
            ["DeadLetteringOnMessageExpiration"] = queue.DeadLetteringOnMessageExpiration,
            ["RequiresSession"] = false,
        },
    };

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private Uri EndpointOf(ushort port) => new($"http://{_azurite.Hostname}:{_azurite.GetMappedPublicPort(port)}/{AzuriteProcess.Account}");
}
