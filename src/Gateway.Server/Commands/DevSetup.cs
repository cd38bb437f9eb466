using System.Text;
using System.Text.Json.Nodes;
using Gateway.Local;
using Gateway.Local.Storage;
using Gateway.Pipeline.Delivery;

namespace Gateway.Server.Commands;

/// <summary>What <c>gateway dev</c> puts into its data directory: the signing secret and, without --config, a configuration.</summary>
internal sealed class DevSetup
{
    public const string ReceiverPath = "/dev/webhook";

    private const string SecretName = "webhook-secret";
    private const string ConfigurationName = "dev-configuration.json";

    private readonly DevArguments _arguments;
    private readonly string _secretPath;

    private DevSetup(DevArguments arguments, string data, string? secret)
    {
        _arguments = arguments;
        Secret = secret;
        _secretPath = Path.Combine(Path.GetFullPath(data), SecretName);
        ConfigurationPath = arguments.ConfigurationPath ?? Path.Combine(Path.GetFullPath(data), ConfigurationName);
        if (UsesBuiltInReceiver)
        {
            BuiltInReceiver = WebhookSecret.Parse(secret!);
        }
    }

    public string ConfigurationPath { get; }

    /// <summary>The signing secret, to be shown; null with --config.</summary>
    public string? Secret { get; }

    /// <summary>The secret that the built-in receiver verifies with; null when there is none.</summary>
    public WebhookSecret? BuiltInReceiver { get; }

    /// <summary>Where webhooks go; null: to the built-in receiver or where the configuration says.</summary>
    public Uri? Webhook => _arguments.Webhook;

    public bool UsesConfigurationFile => _arguments.ConfigurationPath is not null;

    private bool UsesBuiltInReceiver => !UsesConfigurationFile && Webhook is null;

    /// <summary>Writes what is missing.</summary>
    /// <exception cref="StartupException">The data directory cannot be written or is in use.</exception>
    public static DevSetup Prepare(DevArguments arguments, string data)
    {
        if (arguments.ConfigurationPath is not null)
        {
            return new(arguments, data, null);
        }

        // Opened for these files alone, and under its lock: a second instance must not change what the first one runs on.
        using var directory = DataDirectory.Open(data);
        if (arguments.Secret is { } given)
        {
            Write(directory, SecretName, Encoding.ASCII.GetBytes(given.Trim()));
        }

        var secret = Encoding.ASCII.GetString(directory.ReadOrCreateSecret(SecretName, () => Encoding.ASCII.GetBytes(WebhookSecret.New())));
        if (!WebhookSecret.TryParse(secret, out _, out var problem))
        {
            throw new StartupException(
                StartupFault.DataDirectory, $"The file {Path.Combine(directory.Root, SecretName)} holds no webhook secret: {problem}; delete it to have a new one made");
        }

        return new(arguments, data, secret);
    }

    /// <summary>Writes the built-in configuration, now that the receiver's real port is known and before the gateway reads it.</summary>
    /// <exception cref="StartupException">It cannot be written.</exception>
    public void HttpStarted(DataDirectory directory, Uri http)
    {
        if (!UsesConfigurationFile)
        {
            Write(directory, ConfigurationName, Configuration(http));
        }
    }

    private static void Write(DataDirectory directory, string name, byte[] octets)
    {
        try
        {
            directory.WriteSecret(name, octets);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(StartupFault.DataDirectory, $"The file {Path.Combine(directory.Root, name)} cannot be written: {e.Message.TrimEnd('.')}", e);
        }
    }

    private byte[] Configuration(Uri http)
    {
        var document = new JsonObject
        {
            ["version"] = 1,
            ["domains"] = new JsonArray(new JsonObject { ["name"] = "*" }),
            ["endpoints"] = new JsonArray(new JsonObject
            {
                ["id"] = "dev",
                ["url"] = (Webhook ?? new Uri(http, ReceiverPath)).AbsoluteUri,
                ["secrets"] = new JsonArray($"file:{_secretPath}"),
                ["allowPrivate"] = true,
            }),
            ["routes"] = new JsonArray(new JsonObject
            {
                ["id"] = "all",
                ["priority"] = 1,
                ["match"] = new JsonObject(),
                ["actions"] = new JsonArray(new JsonObject { ["webhook"] = "dev" }),
            }),
        };
        return Encoding.UTF8.GetBytes(document.ToJsonString(new() { WriteIndented = true }) + "\n");
    }
}
