using System.Text.Json;
using Gateway.Core.Tests;
using Gateway.Infra.Tests.Bicep;

[assembly: AssemblyFixture(typeof(InfraFixture))]

namespace Gateway.Infra.Tests.Bicep;

/// <summary>Both templates, compiled once, and what they come to in each of the forms that a user can choose.</summary>
public sealed class InfraFixture : IAsyncLifetime
{
    public const string Certificate = "mx-example-com";

    private static readonly Dictionary<string, string> Least = new(StringComparer.Ordinal)
    {
        ["environmentName"] = "test",
        ["location"] = Deployment.Location,
        ["smtpEdge"] = "containerApp",
        ["mailDomains"] = "in.example.com, Second.Example.com",
    };

    private static readonly Dictionary<string, string> Smtp = new(StringComparer.Ordinal)
    {
        ["environmentName"] = "test",
        ["containerEnvironmentName"] = "cae-test",
        ["identityName"] = "id-test",
        ["registryEndpoint"] = "test.azurecr.io",
        ["applicationInsightsName"] = "appi-test",
        ["image"] = "test.azurecr.io/smtp:1",
        ["smtpEdge"] = "containerApp",
        ["trustedNetworks"] = "10.40.0.0/24,100.64.0.0/10",
        ["mxHost"] = "mx.example.com",
        ["blobEndpoint"] = "https://test.blob.example/",
        ["tableEndpoint"] = "https://test.table.example/",
        ["busNamespace"] = "test.bus.example",
        ["vaultEndpoint"] = "https://test.vault.example/",
    };

    /// <summary>Each template as ARM takes it, by its name.</summary>
    internal Dictionary<string, JsonElement> Templates { get; } = new(StringComparer.Ordinal);

    /// <summary>What the compiler said about each.</summary>
    internal Dictionary<string, (int Code, string Error)> Builds { get; } = new(StringComparer.Ordinal);

    /// <summary>Only what has no default.</summary>
    internal Deployment ContainerApp { get; private set; } = null!;

    internal Deployment ApplicationGateway { get; private set; } = null!;

    /// <summary>Everything that can be turned on, behind a gateway.</summary>
    internal Deployment Isolated { get; private set; } = null!;

    /// <summary>Isolated without a gateway, in a region without zones, with the vault of one that was there before, and no deployer let in.</summary>
    internal Deployment WithoutZones { get; private set; } = null!;

    internal IEnumerable<Deployment> All => [ContainerApp, ApplicationGateway, Isolated, WithoutZones, SmtpBehindIngress, SmtpBehindGateway];

    internal Deployment SmtpBehindIngress { get; private set; } = null!;

    internal Deployment SmtpBehindGateway { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        foreach (var name in (string[])["main", "smtp"])
        {
            var (code, output, error) = await BicepCli.RunAsync("build", Path.Combine(Repository.Root, "infra", $"{name}.bicep"), "--stdout");
            Builds.Add(name, (code, error));
            Assert.True(code == 0, error);
            Templates.Add(name, JsonElement.Parse(output));
        }

        ContainerApp = await Deployment.PlanAsync("main.bicep", Least);
        ApplicationGateway = await Deployment.PlanAsync("main.bicep", With(Least, ("smtpEdge", "applicationGateway"), ("quietHours", "0")));
        Isolated = await Deployment.PlanAsync("main.bicep", With(
            Least,
            ("smtpEdge", "applicationGateway"),
            ("networkIsolation", "true"),
            ("principalId", "00000000-0000-0000-0000-000000000002"),
            ("deployerAddress", "192.0.2.1"),
            ("certificateName", Certificate),
            ("alertEmail", "operator@example.com"),
            ("mxHost", "MX1.example.com"),
            ("rawRetentionDays", "40"),
            ("keptRetentionDays", "3"),
            ("activityRetentionDays", "100"),
            ("tlsReportAddress", "tls@example.com")));
        WithoutZones = await Deployment.PlanAsync("main.bicep", With(Least, ("networkIsolation", "true"), ("zoneRedundant", "false"), ("recoverKeyVault", "true"), ("dailyLogGb", "20")));
        SmtpBehindIngress = await Deployment.PlanAsync("smtp.bicep", Smtp);
        SmtpBehindGateway = await Deployment.PlanAsync(
            "smtp.bicep", With(Smtp, ("smtpEdge", "applicationGateway"), ("certificateName", Certificate), ("minReplicas", "1"), ("maxReplicas", "20")));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Dictionary<string, string> With(Dictionary<string, string> parameters, params (string Name, string Value)[] more)
    {
        var all = new Dictionary<string, string>(parameters, StringComparer.Ordinal);
        foreach (var (name, value) in more)
        {
            all[name] = value;
        }

        return all;
    }
}
