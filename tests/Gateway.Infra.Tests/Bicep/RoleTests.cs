using System.Text.RegularExpressions;
using Gateway.Core.Tests;

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
    private const string Reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
    private const string SecretsOfficer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
    private const string SecretsUser = "4633458b-17de-408a-b874-0445c86b69e6";
    private const string TableContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3";

    private const string Azure = "src/Gateway.Azure/";
    private const string Functions = "functions/Gateway.Functions/";

    private static readonly Role[] OfPrograms =
    [
        new("smtp", "container mailStorage/raw", BlobContributor,
            [(Azure + "Intake/MessageBlob.cs", "CommitBlockListAsync("), (Azure + "Intake/BlobIntakeMessage.cs", "_blob.DeleteAsync("), (Azure + "DependencyHealth.cs", "Raw.GetPropertiesAsync(")]),
        new("smtp", "container mailStorage/config", BlobReader, [(Azure + "Stores/BlobConfigurationSource.cs", "DownloadStreamingAsync(")]), // only commands write there
        new("smtp", "queue serviceBus/received", BusSender, [(Azure + "Bus/EventSender.cs", "SendMessagesAsync("), (Azure + "BusClients.cs", "CreateSender(QueueNames.Received)")]),
        new("smtp", "registry registry", AcrPull, [("infra/smtp.bicep", "registries: [")]),
        new("smtp", "insights monitoring", MetricsPublisher, [("src/Gateway.Server/Hosting/Telemetry.cs", "UseApplicationInsights(")]),

        new("functions", "container mailStorage/raw", BlobReader,
            [(Azure + "Stores/BlobMessageStore.cs", "OpenReadAsync("), (Azure + "Stores/BlobCopy.cs", "StartCopyFromUriAsync(from.Uri"), (Azure + "Stores/BlobLinks.cs", "storage.Raw")]),
        new("functions", "container mailStorage/parts", BlobContributor, [(Azure + "Stores/BlobUpload.cs", "UploadAsync(")]),
        new("functions", "container mailStorage/kept", BlobContributor, [(Azure + "Stores/BlobCopy.cs", "StartCopyFromUriAsync("), (Azure + "Stores/BlobCopy.cs", "SetMetadataAsync(")]),
        new("functions", "container mailStorage/config", BlobReader, [(Azure + "Stores/BlobConfigurationSource.cs", "DownloadStreamingAsync(")]),
        new("functions", "storage mailStorage", BlobDelegator, [(Azure + "Stores/DelegationKeys.cs", "GetUserDelegationKeyAsync(")]),
        new("functions", "storage mailStorage", TableContributor, // the account's: there is a table a month
            [
                (Azure + "Tables/TableStateStore.cs", "UpsertEntityAsync("), (Azure + "Tables/TableActivityLog.cs", "CreateIfNotExistsAsync("),
                (Azure + "Tables/TableSweep.cs", "DeleteTableAsync("),
            ]),
        new("functions", "queue serviceBus/received", BusReceiver, [(Functions + "Inspect.cs", "ServiceBusTrigger("), (Azure + "Bus/ServiceBusStageQueue.cs", "PeekMessagesAsync(")]),
        new("functions", "queue serviceBus/received", BusSender, [(Azure + "Bus/Postponement.cs", "SendMessageAsync(")]), // put off, to its own queue
        new("functions", "queue serviceBus/received", Reader, [(Functions + "Inspect.cs", "ServiceBusTrigger(")]), // whoever scales it counts
        new("functions", "queue serviceBus/inspected", BusReceiver, [(Functions + "Route.cs", "ServiceBusTrigger(")]),
        new("functions", "queue serviceBus/inspected", BusSender, [(Azure + "Bus/ServiceBusStageQueue.cs", "SendMessagesAsync(")]),
        new("functions", "queue serviceBus/inspected", Reader, [(Functions + "Route.cs", "ServiceBusTrigger(")]),
        new("functions", "queue serviceBus/deliveries", BusReceiver, [(Functions + "Deliver.cs", "ServiceBusTrigger(")]),
        new("functions", "queue serviceBus/deliveries", BusSender, [(Azure + "Bus/ServiceBusStageQueue.cs", "SendMessagesAsync(")]),
        new("functions", "queue serviceBus/deliveries", Reader, [(Functions + "Deliver.cs", "ServiceBusTrigger(")]),
        new("functions", "vault keyVault", SecretsUser, [(Azure + "Secrets/KeyVaultSecrets.cs", "GetSecretAsync(")]), // whichever secrets the configuration names
        new("functions", "insights monitoring", MetricsPublisher, [(Functions + "FunctionTelemetry.cs", "UseApplicationInsights(")]),
        new("functions", "storage hostStorage", BlobOwner, [(Functions + "Upkeep.cs", "TimerTrigger("), ("infra/modules/functions.bicep", "value: deploymentUrl")]), // the host's leases, and the program
    ];

    private static readonly Role[] WhenAskedFor =
    [
        new("smtp", $"secret keyVault/{InfraFixture.Certificate}", SecretsUser, [(Azure + "Certificates/KeyVaultCertificateSource.cs", "KeyVault")]),
        new("deployer", "container mailStorage/config", BlobContributor, [("infra/hooks/postprovision.sh", "storage blob upload ")]),
        new("deployer", "vault keyVault", SecretsOfficer, [("infra/hooks/postprovision.sh", "keyvault secret set ")]),
    ];

    /// <summary>Files that call a service and give no program a need.</summary>
    private static readonly string[] WithoutNeed =
    [
        "StorageClients.cs", // makes containers and the table in an emulator
        "StageReceiver.cs", // of a `gateway serve` with its own stages, which infra does not deploy
    ];

    [Fact]
    public void Each_need_is_a_call_in_the_code() => Assert.All([.. OfPrograms, .. WhenAskedFor], role => Assert.All(role.Needs, need =>
        Assert.Contains(need.Call, File.ReadAllText(Path.Combine(Repository.Root, need.File)), StringComparison.Ordinal)));

    /// <summary>A new place that calls a service is thought about here before it is refused in Azure.</summary>
    [Fact]
    public void Each_file_that_calls_a_service_is_a_need()
    {
        var root = Path.Combine(Repository.Root, Azure);
        var callers = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Where(path => ServiceCall().IsMatch(File.ReadAllText(path))).Select(path => Path.GetFileName(path)!).ToList();
        var known = OfPrograms.Concat(WhenAskedFor).SelectMany(role => role.Needs).Select(need => Path.GetFileName(need.File)).Concat(WithoutNeed);

        Assert.True(callers.Count >= 14, "The pattern finds nothing any more");
        Assert.Empty(callers.Except(known, StringComparer.Ordinal));
    }

    [Fact]
    public void Programs_have_the_roles_that_their_code_needs_and_no_other() => Assert.Equal(Sorted(OfPrograms), Sorted(RolesOf(infra.ContainerApp)));

    [Fact]
    public void A_gateway_in_front_needs_none() => Assert.Equal(Sorted(OfPrograms), Sorted(RolesOf(infra.ApplicationGateway)));

    [Fact]
    public void Isolation_needs_none() => Assert.Equal(Sorted(OfPrograms), Sorted(RolesOf(infra.WithoutZones)));

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

    [GeneratedRegex(@"\.(StageBlock|CommitBlockList|Upload|OpenWrite|OpenRead|Download\w*|GetProperties|Exists|DeleteIfExists|\w*CopyFromUri|SetMetadata|GetBlobs\w*|GetUserDelegationKey|\w+Entity|SubmitTransaction|CreateIfNotExists|DeleteTable|GetSecret\w*|SendMessages?|ScheduleMessages?|PeekMessages?|ReceiveMessages?)Async\(|\.Create(Receiver|Sender|Processor)\(")]
    private static partial Regex ServiceCall();

    private sealed record Role(string Who, string Scope, string Id, params (string File, string Call)[] Needs)
    {
        public override string ToString() => $"{Who} {Scope} {Id}";
    }
}
