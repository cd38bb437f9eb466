using System.Net;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Images;

namespace Gateway.Containers.Tests;

/// <summary>
/// A container of our image, with nothing that it does not need: a read-only root file system, no capability, and no way to more rights.
/// Started on a wiring, stopped or killed, and started again. Gone with its test.
/// </summary>
internal sealed class GatewayContainer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    private readonly IContainer _container;
    private readonly Wiring _wiring;
    private int _starts;

    private GatewayContainer(IContainer container, Wiring wiring) => (_container, _wiring) = (container, wiring);

    public string Id => _container.Id;

    /// <summary>Where it takes mail since its last start.</summary>
    public IPEndPoint Smtp { get; private set; } = null!;

    /// <param name="wiring">What it is to talk to.</param>
    /// <param name="change">More about the container; null: nothing.</param>
    public static async Task<GatewayContainer> StartAsync(Wiring wiring, Func<ContainerBuilder, ContainerBuilder>? change = null)
    {
        var builder = wiring.Place(Strict(await GatewayImage.GetAsync()).WithEnvironment(wiring.Environment).WithCommand([.. wiring.Arguments]));
        var gateway = new GatewayContainer((change?.Invoke(builder) ?? builder).Build(), wiring);
        try
        {
            await gateway._container.StartAsync(TestContext.Current.CancellationToken);
            await gateway.WaitUntilReadyAsync();
            return gateway;
        }
        catch // nothing stays half up, and the failure goes on
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>The image with as little as can be.</summary>
    public static ContainerBuilder Strict(string image) => new ContainerBuilder(image).WithImagePullPolicy(PullPolicy.Never).WithCreateParameterModifier(create =>
    {
        create.HostConfig!.ReadonlyRootfs = true;
        create.HostConfig!.CapDrop = ["ALL"];
        create.HostConfig!.SecurityOpt = ["no-new-privileges"];
    });

    /// <summary>SIGTERM, and SIGKILL after the grace, as an orchestrator does it.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync(TimeSpan grace)
    {
        await DockerEngine.RunAsync(["stop", "--time", $"{grace.TotalSeconds:0}", Id], TestContext.Current.CancellationToken);
        return int.Parse(await DockerEngine.InspectAsync(Id, "{{.State.ExitCode}}", TestContext.Current.CancellationToken), null);
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => DockerEngine.RunAsync(["kill", Id], TestContext.Current.CancellationToken);

    /// <summary>What it wrote on standard error in all its starts, but for the word on a certificate that nobody signed, which is as it should be.</summary>
    public async Task<IEnumerable<string>> ErrorsAsync() =>
        (await DockerEngine.TryAsync(["logs", Id], TestContext.Current.CancellationToken)).Errors
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.Contains(" A self-signed certificate is shown", StringComparison.Ordinal));

    /// <summary>The same container once more.</summary>
    public async Task StartAgainAsync()
    {
        await DockerEngine.RunAsync(["start", Id], TestContext.Current.CancellationToken);
        await WaitUntilReadyAsync();
    }

    public ValueTask DisposeAsync() => _container.DisposeAsync();

    private async Task WaitUntilReadyAsync()
    {
        _starts++;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(StartLimit);
        try
        {
            while (!await IsReadyAsync(limit.Token))
            {
                await Task.Delay(100, limit.Token); // it comes up in a process that gives no other sign
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            var (_, output, errors) = await DockerEngine.TryAsync(["logs", Id], TestContext.Current.CancellationToken);
            throw new InvalidOperationException($"The gateway did not become ready:\n{output}\n{errors}");
        }
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancel)
    {
        if (await _wiring.FindAsync(Id, _starts) is not { } place)
        {
            return false;
        }

        Smtp = place.Smtp;
        try
        {
            using var answer = await Http.GetAsync(new Uri($"http://{place.Http}/healthz/ready"), cancel);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
