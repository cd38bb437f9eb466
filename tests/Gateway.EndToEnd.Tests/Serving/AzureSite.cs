using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Gateway.Azure;
using Gateway.Azure.Stores;
using Gateway.EndToEnd.Tests.Crash;
using Gateway.Testing.Azurite;
using Gateway.Testing.Functions;
using Gateway.Testing.ServiceBus;

namespace Gateway.EndToEnd.Tests.Serving;

/// <summary>
/// What <c>gateway serve</c> needs of Azure, each part behind something that can make it fail: storage for this test alone, and a bus. The
/// gateway is started on it as a process, again and again if need be. What was started ends with it at the latest.
/// </summary>
internal sealed class AzureSite : IAsyncDisposable
{
    /// <summary>What a process or a connection held when it ended comes back after so long; in Azure that is 5 minutes.</summary>
    private static readonly TimeSpan LockDuration = TimeSpan.FromSeconds(15);

    private readonly string _secretPath = Path.GetTempFileName();
    private readonly string _prefix = $"e{Guid.NewGuid():n}"[..16];
    private readonly ConcurrentStack<IAsyncDisposable> _started = [];

    private AzureSite(ServiceBusBroker broker, FaultProxy blobs, FaultProxy tables)
    {
        (Broker, Blobs, Tables) = (broker, blobs, tables);
        File.WriteAllText(_secretPath, EmbeddedGateway.Secret);
        Storage = new(new() { ConnectionString = ConnectionString, Prefix = _prefix }, credential: null);
    }

    public ServiceBusBroker Broker { get; }

    /// <summary>In front of blob storage.</summary>
    public FaultProxy Blobs { get; }

    /// <summary>In front of table storage.</summary>
    public FaultProxy Tables { get; }

    public StorageClients Storage { get; }

    /// <summary>More settings of the gateway, or others.</summary>
    public Dictionary<string, string> Settings { get; } = new(StringComparer.Ordinal);

    public static IReadOnlyList<string> Arguments { get; } = ["serve", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level", "warning"];

    public IReadOnlyDictionary<string, string> Environment => With(Settings, new(StringComparer.Ordinal)
    {
        ["GATEWAY_Smtp__Hostname"] = "mx.example.com",
        ["GATEWAY_Storage__ConnectionString"] = ConnectionString,
        ["GATEWAY_Storage__Prefix"] = _prefix,
        ["GATEWAY_Bus__ConnectionString"] = Broker.ConnectionString,
        ["GATEWAY_Configuration__PollInterval"] = "00:00:01",
        ["GATEWAY_Stages__InProcess"] = "true",
    });

    /// <summary>Settings of the Functions app on the same storage and bus; tests may add to them.</summary>
    public Dictionary<string, string> FunctionSettings => new(StringComparer.Ordinal)
    {
        ["Bus"] = Broker.ConnectionString,
        ["GATEWAY_Storage__ConnectionString"] = ConnectionString,
        ["GATEWAY_Storage__Prefix"] = _prefix,
        ["GATEWAY_Configuration__PollInterval"] = "00:00:01",
    };

    private string ConnectionString => AzuriteProcess.ConnectionStringOf(Blobs.Endpoint, Tables.Endpoint);

    /// <summary>Skips the test where there is no storage emulator.</summary>
    /// <param name="configuration">The document; its secrets may be <c>file:SECRET</c>. Null: there is none, nor anything else: the gateway makes what is missing.</param>
    /// <param name="azurite">Null: the one that the tests share.</param>
    /// <param name="lockDuration">Of the queues; null: 15 seconds.</param>
    public static async Task<AzureSite> StartAsync(JsonObject? configuration, AzuriteProcess? azurite = null, TimeSpan? lockDuration = null)
    {
        var cancel = TestContext.Current.CancellationToken;
        var target = azurite is null ? await StorageTarget.GetAsync() : new("Azurite", azurite.ConnectionString, null);
        Assert.SkipWhen(target.Unavailable is not null, target.Unavailable ?? "");
        Assert.SkipUnless(target.ConnectionString.Contains("TableEndpoint=", StringComparison.Ordinal), $"{StorageTarget.Variable} names no endpoints, and faults are played in front of them");
        var site = new AzureSite(
            await ServiceBusBroker.StartAsync(new() { Queues = [.. new BrokerOptions().Queues.Select(queue => queue with { LockDuration = lockDuration ?? LockDuration })] }),
            await FaultProxy.StartAsync(EndpointOf(target, "BlobEndpoint"), cancel),
            await FaultProxy.StartAsync(EndpointOf(target, "TableEndpoint"), cancel));
        try
        {
            if (configuration is not null)
            {
                await site.Storage.CreateAsync(cancel);
                await site.ConfigureAsync(configuration);
            }

            return site;
        }
        catch // whatever it was: nothing stays half up, and it goes on to the caller
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes mail only: the Functions app works on the queues.</summary>
    public Task<GatewayProcess> ServeWithoutStagesAsync()
    {
        Settings["GATEWAY_Stages__InProcess"] = "false";
        return ServeAsync();
    }

    /// <summary>Runs the Functions app, in a real worker process.</summary>
    /// <param name="settings">More of them, or others.</param>
    /// <param name="crashAt">The first worker ends by SIGKILL at this point, at its nth occurrence; null: it lives.</param>
    public async Task<FunctionsHost> RunFunctionsAsync(IReadOnlyDictionary<string, string>? settings = null, (string Point, int Occurrence)? crashAt = null) => Remember(await FunctionsHost.StartAsync(
        new()
        {
            ApplicationDirectory = Built("Functions"),
            Settings = settings is null ? FunctionSettings : With(settings, FunctionSettings),
            WorkerEnvironment = start => start > 1 || crashAt is not { } crash ? new Dictionary<string, string>() : new Dictionary<string, string>
            {
                ["DOTNET_STARTUP_HOOKS"] = Built("CrashHook"),
                ["CRASH_AT"] = crash.Point,
                ["CRASH_AFTER"] = $"{crash.Occurrence}",
            },
        },
        TestContext.Current.CancellationToken));

    public async Task<GatewayProcess> ServeAsync() => Remember(await GatewayProcess.StartGatewayAsync(Arguments, TestContext.Current.CancellationToken, Environment));

    /// <summary>Writes the document, as a deployment would: the gateway sees it when it looks the next time.</summary>
    public async Task ConfigureAsync(JsonObject configuration)
    {
        var source = new BlobConfigurationSource(Storage);
        var text = configuration.ToJsonString().Replace("file:SECRET", $"file:{_secretPath}", StringComparison.Ordinal);
        var known = await source.ReadAsync(TestContext.Current.CancellationToken);
        Assert.NotNull(await source.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), known?.ETag, TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        // The newest first: Functions take no more mail, and then nobody makes any.
        IEnumerable<Func<ValueTask>> steps =
        [
            .. _started.Select(started => (Func<ValueTask>)started.DisposeAsync), DeleteAsync, Broker.DisposeAsync, Blobs.DisposeAsync, Tables.DisposeAsync,
        ];
        var failures = new List<Exception>();
        foreach (var step in steps)
        {
            try
            {
                await step();
            }
            catch (Exception error)
            {
                failures.Add(error);
            }
        }

        File.Delete(_secretPath);
        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    private T Remember<T>(T started)
        where T : IAsyncDisposable
    {
        _started.Push(started);
        return started;
    }

    /// <summary>An emulator in memory holds what nobody deletes until it ends, and one that somebody named holds it for ever.</summary>
    private async ValueTask DeleteAsync()
    {
        Blobs.Clear();
        Tables.Clear();
        foreach (var container in (BlobContainerClient[])[Storage.Raw, Storage.Parts, Storage.Kept, Storage.Config])
        {
            await container.DeleteIfExistsAsync();
        }

        await foreach (var table in Storage.Tables.QueryAsync(table => table.Name.CompareTo(_prefix) >= 0 && table.Name.CompareTo(_prefix + "~") < 0))
        {
            await Storage.Tables.DeleteTableAsync(table.Name);
        }
    }

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> more, Dictionary<string, string> settings)
    {
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return settings;
    }

    /// <summary>Where the build left what this project only runs.</summary>
    private static string Built(string what) =>
        typeof(AzureSite).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == what).Value!;

    private static Uri EndpointOf(StorageTarget target, string name) =>
        new(target.ConnectionString.Split(';').First(part => part.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..]);
}
