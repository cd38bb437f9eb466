using System.Net;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using Gateway.Testing.Azurite;
using Gateway.Testing.ServiceBus;

namespace Gateway.Containers.Tests;

/// <summary>
/// Azurite in a container and the broker in this process, in the place of the Service Bus emulator, which is not to be had everywhere; all of it
/// on the loopback address, whose network the containers share.
/// </summary>
internal sealed class BrokerWiring : Wiring
{
    private readonly IContainer _azurite = new ContainerBuilder(ImageNames.Azurite)
        .WithCommand(
            "azurite", "--blobHost", "127.0.0.1", "--blobPort", "0", "--queueHost", "127.0.0.1", "--queuePort", "0", "--tableHost", "127.0.0.1", "--tablePort", "0",
            "--inMemoryPersistence", "--disableTelemetry")
        .WithCreateParameterModifier(OnHostNetwork)
        .WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged("Azurite Table service is successfully listening"))
        .Build();

    private ServiceBusBroker? _broker;
    private string _storage = "";

    /// <summary>The machine's ports may be taken: free ones.</summary>
    public override IReadOnlyList<string> Arguments { get; } = ["serve", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level", "warning"];

    protected override string StorageForGateway => _storage;

    protected override string BusForGateway => _broker!.ConnectionString;

    protected override string InboxForGateway => $"http://127.0.0.1:{Inbox.Port}";

    /// <summary>Skips the test where it cannot be.</summary>
    public static async Task<BrokerWiring> StartAsync()
    {
        var cancel = TestContext.Current.CancellationToken;
        await DockerEngine.RequireAsync();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A container shares the machine's network on Linux only");
        await ImageNames.RequireAsync(ImageNames.Azurite);
        var wiring = new BrokerWiring { Inbox = await Inbox.StartAsync(IPAddress.Loopback) };
        try
        {
            await wiring._azurite.StartAsync(cancel);
            wiring._storage = AzuriteProcess.ConnectionStringOf(await wiring.EndpointAsync("Blob"), await wiring.EndpointAsync("Table"));
            wiring._broker = await ServiceBusBroker.StartAsync(new() { Queues = [.. new BrokerOptions().Queues.Select(queue => queue with { LockDuration = LockDuration })] });
            await wiring.ConfigureAsync(wiring._storage);
            return wiring;
        }
        catch // nothing stays half up, and the failure goes on
        {
            await wiring.DisposeAsync();
            throw;
        }
    }

    public override ContainerBuilder Place(ContainerBuilder gateway) => gateway.WithCreateParameterModifier(OnHostNetwork);

    /// <summary>The gateway tells at each start where it listens.</summary>
    public override async Task<(IPEndPoint Smtp, IPEndPoint Http)?> FindAsync(string id, int starts)
    {
        var lines = (await LinesAsync(id)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var (smtp, http) = (lines.FindAll(words => words is ["SMTP", _, ..]), lines.FindAll(words => words is ["HTTP", _, ..]));
        return smtp.Count < starts || http.Count < starts ? null : (IPEndPoint.Parse(smtp[^1][1]), IPEndPoint.Parse(new Uri(http[^1][1]).Authority));
    }

    public override async ValueTask DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        await _azurite.DisposeAsync();
        await Inbox.DisposeAsync();
    }

    private static void OnHostNetwork(Docker.DotNet.Models.CreateContainerParameters create) => create.HostConfig!.NetworkMode = "host";

    private async Task<Uri> EndpointAsync(string service)
    {
        var line = (await LinesAsync(_azurite.Id)).Single(line => line.StartsWith($"Azurite {service} service is successfully listening at ", StringComparison.Ordinal));
        return new($"{line[(line.LastIndexOf(' ') + 1)..]}/{AzuriteProcess.Account}");
    }

    private static async Task<string[]> LinesAsync(string id) =>
        (await DockerEngine.RunAsync(["logs", id], TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
