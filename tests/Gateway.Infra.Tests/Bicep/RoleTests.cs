using System.Text.RegularExpressions;

namespace Gateway.Infra.Tests.Bicep;

/// <summary>Who may do what. A row is a need of the code; a role without one fails, and so does a need without a role.</summary>
public partial class RoleTests(InfraFixture infra)
{
    private const string AcrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
    private const string BlobContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
    private const string BlobDelegator = "db58b8e5-c6ad-4a2a-8342-4190687cbf4a";
    private const string BlobOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
    private const string BlobReader = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
    private const string BusReceiver = "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0";
    private const string BusSender = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39";
    private const string MetricsPublisher = "3913510d-42f4-4e42-8a64-420c390055eb";
    private const string SecretsOfficer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
    private const string SecretsUser = "4633458b-17de-408a-b874-0445c86b69e6";
    private const string TableContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3";

    private static readonly Role[] OfPrograms =
    [
        new("smtp", "container mailStorage/raw", BlobContributor), // Intake/MessageBlob.cs writes, reads and takes back; DependencyHealth.cs looks
        new("smtp", "container mailStorage/config", BlobReader), // Stores/BlobConfigurationSource.cs: ReadAsync; only commands write
        new("smtp", "queue serviceBus/received", BusSender), // Bus/EventSender.cs; BusClients.cs: ProbeAsync. Its other senders open no link: nobody sends by them
        new("smtp", "registry registry", AcrPull), // infra/smtp.bicep: registries
        new("smtp", "insights monitoring", MetricsPublisher), // the exporter that APPLICATIONINSIGHTS_CONNECTION_STRING turns on

        new("functions", "container mailStorage/raw", BlobReader), // Stores/BlobMessageStore.cs: inspects; Stores/BlobCopy.cs: a copy's source; Stores/BlobLinks.cs
        new("functions", "container mailStorage/parts", BlobContributor), // Stores/BlobUpload.cs
        new("functions", "container mailStorage/kept", BlobContributor), // Stores/BlobCopy.cs: CopyAsync, TouchAsync
        new("functions", "container mailStorage/config", BlobReader), // Stores/BlobConfigurationSource.cs
        new("functions", "storage mailStorage", BlobDelegator), // Stores/DelegationKeys.cs
        new("functions", "storage mailStorage", TableContributor), // Tables/TableStateStore.cs, TableActivityLog.cs makes a table a month, TableSweep.cs drops it
        new("functions", "queue serviceBus/received", BusReceiver), // functions/Gateway.Functions/Inspect.cs, both triggers; Bus/ServiceBusStageQueue.cs peeks
        new("functions", "queue serviceBus/received", BusSender), // Bus/Postponement.cs: an event that is put off goes to its own queue
        new("functions", "queue serviceBus/inspected", BusReceiver), // functions/Gateway.Functions/Route.cs
        new("functions", "queue serviceBus/inspected", BusSender), // Bus/ServiceBusStageQueue.cs: SendAsync after Inspect
        new("functions", "queue serviceBus/deliveries", BusReceiver), // functions/Gateway.Functions/Deliver.cs
        new("functions", "queue serviceBus/deliveries", BusSender), // Bus/ServiceBusStageQueue.cs: SendAsync after Route, and retries
        new("functions", "vault keyVault", SecretsUser), // Secrets/KeyVaultSecrets.cs: whichever secrets the configuration names
        new("functions", "insights monitoring", MetricsPublisher), // functions/Gateway.Functions/FunctionTelemetry.cs, and the host
        new("functions", "storage hostStorage", BlobOwner), // the Functions host: leases of timers (Upkeep.cs), and the deployed program
    ];

    private static readonly Role[] WhenAskedFor =
    [
        new("smtp", $"secret keyVault/{InfraFixture.Certificate}", SecretsUser), // Certificates/KeyVaultCertificateSource.cs
        new("deployer", "container mailStorage/config", BlobContributor), // infra/hooks: the first configuration
        new("deployer", "vault keyVault", SecretsOfficer), // infra/hooks: the webhook's secret
    ];

    [Fact]
    public void Programs_have_the_roles_that_their_code_needs_and_no_other() => Assert.Equal(Sorted(OfPrograms), Sorted(RolesOf(infra.ContainerApp)));

    [Fact]
    public void A_gateway_in_front_needs_none() => Assert.Equal(Sorted(OfPrograms), Sorted(RolesOf(infra.ApplicationGateway)));

    [Fact]
    public void The_certificate_and_the_deployer_bring_theirs() => Assert.Equal(Sorted([.. OfPrograms, .. WhenAskedFor]), Sorted(RolesOf(infra.Isolated)));

    /// <summary>Without it Azure looks an identity up that was made a moment ago, and may not find it.</summary>
    [Fact]
    public void Each_says_of_what_kind_its_principal_is() => Assert.All(infra.Isolated.All("Microsoft.Authorization/roleAssignments"), role =>
        Assert.Equal(Principal(role) == "deployer" ? "User" : "ServicePrincipal", role.TextAt("properties.principalType")));

    /// <summary>Deployed again it must be the same assignment, and no two may have one name.</summary>
    [Fact]
    public void Each_is_named_by_scope_principal_and_role()
    {
        var roles = infra.Isolated.All("Microsoft.Authorization/roleAssignments");

        Assert.Equal(roles.Count, roles.DistinctBy(role => role.Name).Count());
        Assert.All(roles, role =>
        {
            Assert.StartsWith("[guid(resourceId(", role.Name, StringComparison.Ordinal);
            Assert.EndsWith($"'{RoleOf(role)}')]", role.Name, StringComparison.Ordinal);
            Assert.Contains(role.TextAt("properties.principalId")!.Trim('[', ']'), role.Name, StringComparison.Ordinal);
        });
    }

    private static IEnumerable<Role> RolesOf(Deployment deployment) => deployment.All("Microsoft.Authorization/roleAssignments").Select(role => new Role(Principal(role), Scope(role), RoleOf(role)));

    private static IEnumerable<string> Sorted(IEnumerable<Role> roles) => roles.Select(role => role.ToString()).Order(StringComparer.Ordinal);

    private static string RoleOf(PlannedResource role) => role.TextAt("properties.roleDefinitionId")!.Split('/')[^1];

    private static string Principal(PlannedResource role) =>
        role.TextAt("properties.principalId") is var principal && PrincipalOutput().Match(principal!) is { Success: true } match ? match.Groups[1].Value : "deployer";

    /// <summary>The id begins with the scope, as an expression: the type, the module that names the resource, and the names under it.</summary>
    private static string Scope(PlannedResource role)
    {
        var match = ScopeInId().Match(role.Id);
        Assert.True(match.Success, role.Id);
        var kind = match.Groups["type"].Value switch
        {
            "Microsoft.Storage/storageAccounts" => "storage",
            "Microsoft.Storage/storageAccounts/blobServices/containers" => "container",
            "Microsoft.ServiceBus/namespaces/queues" => "queue",
            "Microsoft.KeyVault/vaults" => "vault",
            "Microsoft.KeyVault/vaults/secrets" => "secret",
            "Microsoft.ContainerRegistry/registries" => "registry",
            "Microsoft.Insights/components" => "insights",
            var other => other,
        };
        var under = match.Groups["under"].Captures.Select(name => name.Value).Where(name => name != "default");
        return $"{kind} {string.Join('/', under.Prepend(match.Groups["module"].Value))}";
    }

    [GeneratedRegex(@"\.outputs\.(smtp|functions)PrincipalId\.value\]\z")]
    private static partial Regex PrincipalOutput();

    [GeneratedRegex(@"\A\[if\(equals\(resourceId\('[^']+', 'rg-test', '(?<type>[^']+)', reference\(resourceId\([^()]+, format\('(?<module>[A-Za-z]+)-\{0\}', uniqueString\('[A-Za-z]+', deployment\(\)\.name\)\)\), '[^']+'\)\.outputs\.\w+\.value(, '(?<under>[^']+)')*\), '/'\)")]
    private static partial Regex ScopeInId();

    private sealed record Role(string Who, string Scope, string Id);
}
