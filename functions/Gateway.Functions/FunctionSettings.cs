using System.Collections;
using Gateway.Azure;

namespace Gateway.Functions;

/// <summary>What the app is told by its settings, which a Functions host puts into the environment.</summary>
/// <param name="Storage">Mail, state and configuration.</param>
/// <param name="Bus">The namespace that the triggers listen to: our own connection sends to it.</param>
/// <param name="Configuration">Where the configuration document is.</param>
/// <param name="KeyVault">For <c>keyvault:</c> secrets.</param>
/// <param name="Sweep">What is deleted.</param>
/// <param name="Credential">Who we are to Azure.</param>
public sealed record FunctionSettings(
    StorageOptions Storage, BusOptions Bus, BlobConfigurationOptions Configuration, KeyVaultOptions KeyVault, TableSweepOptions Sweep, CredentialOptions Credential)
{
    private const string Namespace = StageTriggers.Connection + "__fullyQualifiedNamespace";
    private const string ClientId = StageTriggers.Connection + "__clientId";

    /// <summary>Reads what is set.</summary>
    /// <param name="environment">Names and values.</param>
    /// <param name="problems">Everything that is wrong, each a sentence that names the variable; empty: nothing is.</param>
    public static FunctionSettings Read(IDictionary environment, out IReadOnlyList<string> problems)
    {
        var settings = new Settings(environment);
        settings.RefuseOthers("Storage", "Bus", "Configuration", "KeyVault", "Stages", "Credential");
        var read = new FunctionSettings(
            settings.Read("Storage", new StorageOptions()),
            settings.Read("Bus", new BusOptions()),
            settings.Read("Configuration", new BlobConfigurationOptions()),
            settings.Read("KeyVault", new KeyVaultOptions()),
            settings.Read("Stages", new TableSweepOptions()),
            settings.Read("Credential", new CredentialOptions()));
        if (read.Credential.Kind == CredentialKind.ManagedIdentity)
        {
            read.Credential.ClientId ??= Text(environment, ClientId); // one identity is the rule: set for the triggers alone, it is ours too
        }

        settings.Add(read.Storage.Problems());
        settings.Add(read.Configuration.Problems());
        settings.Add(read.KeyVault.Problems());
        settings.Add(read.Sweep.Problems());
        settings.Add(read.Credential.Problems());
        problems = [.. settings.Problems, .. ApplicationInsights.Problems(environment[ApplicationInsights.Variable] as string), .. read.TakeConnection(environment)];
        return read;
    }

    /// <summary>The triggers' connection has the names that the host gives it; ours is the same one.</summary>
    private IEnumerable<string> TakeConnection(IDictionary environment)
    {
        var misnamed = Bus.Namespace is not null || Bus.ConnectionString is not null;
        (Bus.Namespace, Bus.ConnectionString) = (Text(environment, Namespace), Text(environment, StageTriggers.Connection));
        var problems = Bus.Problems().Select(problem => problem
            .Replace("needs Namespace", $"needs {Namespace}", StringComparison.Ordinal)
            .Replace("Bus:ConnectionString", StageTriggers.Connection, StringComparison.Ordinal)
            .Replace("Bus:Namespace", Namespace, StringComparison.Ordinal)
            .Replace("Bus: ConnectionString and Namespace", $"{StageTriggers.Connection} and {Namespace}", StringComparison.Ordinal)
            .Replace("Bus:", "GATEWAY_Bus__", StringComparison.Ordinal));
        return misnamed
            ? [$"GATEWAY_Bus__Namespace and GATEWAY_Bus__ConnectionString are not for the Functions: {Namespace} names the bus for the triggers and for us", .. problems]
            : problems;
    }

    /// <summary>In any case of its letters: the host, too, finds it so.</summary>
    private static string? Text(IDictionary environment, string name) => environment.Keys.Cast<string>()
        .Where(key => key.Equals(name, StringComparison.OrdinalIgnoreCase))
        .Order(StringComparer.Ordinal)
        .Select(key => environment[key] as string)
        .FirstOrDefault(text => text is { Length: > 0 });
}
