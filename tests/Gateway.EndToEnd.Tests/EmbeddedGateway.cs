using System.Net;
using System.Text.Json.Nodes;
using Gateway.Core.Events;
using Gateway.Local;
using Gateway.Pipeline.Delivery;
using Gateway.Smtp;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Logging;

namespace Gateway.EndToEnd.Tests;

/// <summary>A real gateway in this process, on free ports and a directory of its own.</summary>
internal sealed class EmbeddedGateway : IAsyncDisposable
{
    public const string Secret = "whsec_c2VjcmV0LW9mLXRoZS1lbmQtdG8tZW5kLXRlc3Rz";

    private readonly string _directory;

    private EmbeddedGateway(LocalGateway gateway, string directory, LogCapture logs)
    {
        (Gateway, _directory, Logs) = (gateway, directory, logs);
        gateway.Activity.Happened += entry =>
        {
            lock (Story)
            {
                Story.Add(entry);
            }
        };
    }

    public LocalGateway Gateway { get; }

    public LogCapture Logs { get; }

    /// <summary>What happened so far; lock it to look.</summary>
    public List<ActivityEntry> Story { get; } = [];

    /// <param name="configuration">The document; secrets may be <c>file:SECRET</c>, which holds <see cref="Secret"/>.</param>
    /// <param name="clock">Null: the real one.</param>
    /// <param name="change">More options.</param>
    /// <param name="directory">Null: a new one, deleted at the end.</param>
    public static async Task<EmbeddedGateway> StartAsync(
        JsonObject configuration, TimeProvider? clock = null, Func<LocalGatewayOptions, LocalGatewayOptions>? change = null, string? directory = null)
    {
        directory ??= Directory.CreateTempSubdirectory("gateway-e2e-").FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "secret"), Secret);
        await WriteConfigurationAsync(directory, configuration);
        var logs = new LogCapture();
        var options = new LocalGatewayOptions
        {
            DataDirectory = Path.Combine(directory, "data"),
            ConfigurationPath = ConfigurationPath(directory),
            SmtpListeners = [new(ListenerKind.Mx, new(IPAddress.Loopback, 0))],
            HttpEndpoint = new(IPAddress.Loopback, 0),
            Clock = clock ?? TimeProvider.System,
            ConfigureLogging = logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs),
        };
        return new(await LocalGateway.StartAsync(change?.Invoke(options) ?? options, TestContext.Current.CancellationToken), directory, logs);
    }

    /// <summary>Every recipient of every domain, to these endpoints by one route each.</summary>
    public static JsonObject ToEndpoints(params (string Id, Uri Url)[] endpoints) => new()
    {
        ["version"] = 1,
        ["domains"] = new JsonArray(new JsonObject { ["name"] = "*" }),
        ["endpoints"] = new JsonArray([.. endpoints.Select(endpoint => Endpoint(endpoint.Id, endpoint.Url))]),
        ["routes"] = new JsonArray([.. endpoints.Select(endpoint => new JsonObject
        {
            ["id"] = $"to-{endpoint.Id}",
            ["priority"] = 1,
            ["match"] = new JsonObject(),
            ["actions"] = new JsonArray(new JsonObject { ["webhook"] = endpoint.Id }),
        })]),
    };

    public static JsonObject Endpoint(string id, Uri url) => new()
    {
        ["id"] = id,
        ["url"] = url.ToString(),
        ["secrets"] = new JsonArray("file:SECRET"),
        ["allowPrivate"] = true,
    };

    public Task ReconfigureAsync(JsonObject configuration) => WriteConfigurationAsync(_directory, configuration);

    public Task WriteConfigurationTextAsync(string text) => File.WriteAllTextAsync(ConfigurationPath(_directory), text);

    public async Task<SmtpClient> ConnectAsync(SecureSocketOptions security = SecureSocketOptions.None)
    {
        var client = new SmtpClient { CheckCertificateRevocation = false, LocalDomain = "client.example" };
#pragma warning disable CA5359 // the certificate is the gateway's own, made at its start
        client.ServerCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        await client.ConnectAsync(Gateway.SmtpEndpoint.Address.ToString(), Gateway.SmtpEndpoint.Port, security, TestContext.Current.CancellationToken);
        return client;
    }

    /// <summary>Waits until the story tells it.</summary>
    public async Task<ActivityEntry> WaitForAsync(Func<ActivityEntry, bool> wanted)
    {
        var seen = new TaskCompletionSource<ActivityEntry>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(ActivityEntry entry)
        {
            if (wanted(entry))
            {
                seen.TrySetResult(entry);
            }
        }

        Gateway.Activity.Happened += Look;
        lock (Story)
        {
            Story.ForEach(Look);
        }

        try
        {
            return await seen.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
        finally
        {
            Gateway.Activity.Happened -= Look;
        }
    }

    public T Service<T>()
        where T : notnull => (T)Gateway.Services.GetService(typeof(T))!;

    /// <summary>Ends the run and leaves its directory for the next.</summary>
    public async Task<string> StopAsync()
    {
        await Gateway.StopAsync(TimeSpan.FromSeconds(10));
        await Gateway.DisposeAsync();
        return _directory;
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public static WebhookSecret ParsedSecret { get; } = WebhookSecret.Parse(Secret);

    private static string ConfigurationPath(string directory) => Path.Combine(directory, "gateway.json");

    private static Task WriteConfigurationAsync(string directory, JsonObject configuration) => File.WriteAllTextAsync(
        ConfigurationPath(directory), configuration.ToJsonString().Replace("file:SECRET", $"file:{Path.Combine(directory, "secret")}", StringComparison.Ordinal));
}
