using System.Globalization;
using System.Reflection;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Containers;
using Gateway.Pipeline.Delivery;

namespace Gateway.Containers.Tests;

/// <summary>The image by itself: no network, nothing about it but a configuration, and what the Dockerfile says of it.</summary>
[Trait("Category", "slow")]
public sealed class ImageTests
{
    private const int MostOfOurOctets = 40_000_000;
    private const string User = "1654";
    private static readonly string[] OfEveryContainer = ["dev", "etc", "proc", "sys"];
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task The_image_is_small()
    {
        var cancel = TestContext.Current.CancellationToken;
        var image = await GatewayImage.GetAsync();
        var octets = long.Parse(await DockerEngine.InspectAsync(image, "{{.Size}}", cancel), CultureInfo.InvariantCulture);
        var layers = await DockerEngine.RunAsync(["history", "--human=false", "--no-trunc", "--format", "{{.Size}} {{.CreatedBy}}", image], cancel);
        var ours = layers.Split('\n').Where(layer => layer.Contains("COPY", StringComparison.Ordinal)).Sum(layer => long.Parse(layer.Split(' ')[0], CultureInfo.InvariantCulture));
        var folder = Path.Combine(typeof(ImageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Artifacts").Value!, "results");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "image.table"),
            $"{octets / 1e6:0} MB, of which the gateway is {ours / 1e6:0.0} MB; on {ImageNames.Runtime ?? "the Dockerfile's runtime image"}\n",
            cancel);

        Assert.InRange(ours, 1, MostOfOurOctets);
    }

    [Fact]
    public async Task The_gateway_is_process_1_of_a_user_without_rights()
    {
        await using var site = new LocalSite();
        var container = await site.StartAsync();
        var process = await DockerEngine.InspectAsync(container.Id, "{{.State.Pid}}", TestContext.Current.CancellationToken);
        Assert.SkipUnless(File.Exists($"/proc/{process}/status"), "The engine's processes are not this machine's");
        var status = File.ReadLines($"/proc/{process}/status").Select(line => line.Split(':', 2)).ToDictionary(line => line[0], line => line[1].Split('\t', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal("1", status["NSpid"][^1]);
        Assert.StartsWith("/app/gateway\0serve\0", File.ReadAllText($"/proc/{process}/cmdline"), StringComparison.Ordinal);
        Assert.Equal([User, User, User, User], status["Uid"]);
        Assert.Equal(0UL, Convert.ToUInt64(status["CapEff"][0], 16));
        Assert.Equal("1", status["NoNewPrivs"][0]);
        Assert.NotEqual(0, (await DockerEngine.TryAsync(["exec", container.Id, "/bin/sh", "-c", ":"], TestContext.Current.CancellationToken)).ExitCode); // there is no shell
        Assert.Equal(["/data"], WritableMounts(process));
    }

    [Fact]
    public async Task Without_a_volume_it_can_write_nowhere()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var site = new LocalSite();
        var container = await site.StartAsync(hasVolume: false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        await DockerEngine.RunAsync(["wait", container.Id], limit.Token);
        var (_, _, errors) = await DockerEngine.TryAsync(["logs", container.Id], cancel);

        Assert.StartsWith("gateway: The data directory /data/.gateway cannot be created: Read-only file system", errors);
        Assert.Equal("4", await DockerEngine.InspectAsync(container.Id, "{{.State.ExitCode}}", cancel));
    }

    /// <summary>Kubernetes and its like believe "not root" of a number only.</summary>
    [Fact]
    public async Task The_user_is_a_number() =>
        Assert.Equal(User, await DockerEngine.InspectAsync(await GatewayImage.GetAsync(), "{{.Config.User}}", TestContext.Current.CancellationToken));

    [Fact]
    public async Task Its_health_check_finds_it_healthy_and_nobody_else()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var site = new LocalSite();
        var container = await site.StartAsync();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        while (await DockerEngine.InspectAsync(container.Id, "{{.State.Health.Status}}", limit.Token) != "healthy")
        {
            await Task.Delay(100, limit.Token); // the engine looks once a second
        }

        Assert.Equal(0, await ExecuteAsync(container, "health", "--ready"));
        Assert.Equal(1, await ExecuteAsync(container, "health", "--http", "127.0.0.1:9"));
    }

    private static async Task<int> ExecuteAsync(IContainer container, params string[] arguments) =>
        (await DockerEngine.TryAsync(["exec", container.Id, "/app/gateway", .. arguments], TestContext.Current.CancellationToken)).ExitCode;

    /// <summary>Where a process may write, for all that the mounts say, but for the folders where an engine mounts into every container what is root's.</summary>
    private static IEnumerable<string> WritableMounts(string process) => File.ReadLines($"/proc/{process}/mountinfo")
        .Select(line => line.Split(' ')) // number, parent, device, root, mount point, options; proc(5)
        .Where(fields => !fields[5].Split(',').Contains("ro"))
        .Select(fields => fields[4])
        .Where(point => !OfEveryContainer.Contains(point.Split('/')[1]));

    /// <summary>Mail into a local store, with what a strict container can be given: a configuration, and memory to write to.</summary>
    private sealed class LocalSite : IAsyncDisposable
    {
        private readonly TestDirectory _directory = new();
        private IContainer? _container;

        /// <param name="hasVolume">There is something at /data that can be written to.</param>
        public async Task<IContainer> StartAsync(bool hasVolume = true)
        {
            var configuration = _directory.Write("gateway.json", EndToEnd.Tests.Crash.DataSite.Document("http://127.0.0.1:9", "env:SECRET", 0).ToJsonString());
            _container = GatewayContainer.Strict(await GatewayImage.GetAsync())
                .WithEnvironment("GATEWAY_Smtp__Hostname", "mx.example.com")
                .WithEnvironment("SECRET", WebhookSecret.New())
                .WithBindMount(configuration, "/etc/gateway.json", DotNet.Testcontainers.Configurations.AccessMode.ReadOnly)
                .WithCommand("serve", "--config", "/etc/gateway.json", "--public-url", "https://mx.example.com")
                .WithCreateParameterModifier(create =>
                {
                    create.HostConfig!.NetworkMode = "none";
                    create.HostConfig!.Tmpfs = hasVolume ? new Dictionary<string, string> { ["/data"] = $"uid={User}" } : null;
                    create.Healthcheck = new HealthcheckConfig { Interval = TimeSpan.FromSeconds(1) }; // for the rest the image's own
                })
                .Build();
            await _container.StartAsync(TestContext.Current.CancellationToken);
            return _container;
        }

        public async ValueTask DisposeAsync()
        {
            if (_container is not null)
            {
                await _container.DisposeAsync();
            }

            _directory.Dispose();
        }
    }
}
