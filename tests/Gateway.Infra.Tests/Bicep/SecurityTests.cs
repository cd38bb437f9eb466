namespace Gateway.Infra.Tests.Bicep;

/// <summary>Each property holds for every resource of its type, in every form.</summary>
public class SecurityTests(InfraFixture infra)
{
    [Theory]
    [InlineData("Microsoft.Storage/storageAccounts", "properties.allowSharedKeyAccess", "false")]
    [InlineData("Microsoft.Storage/storageAccounts", "properties.allowBlobPublicAccess", "false")]
    [InlineData("Microsoft.Storage/storageAccounts", "properties.allowCrossTenantReplication", "false")]
    [InlineData("Microsoft.Storage/storageAccounts", "properties.defaultToOAuthAuthentication", "true")]
    [InlineData("Microsoft.Storage/storageAccounts", "properties.minimumTlsVersion", "\"TLS1_2\"")]
    [InlineData("Microsoft.Storage/storageAccounts", "properties.supportsHttpsTrafficOnly", "true")]
    [InlineData("Microsoft.Storage/storageAccounts/blobServices", "properties.deleteRetentionPolicy.enabled", "true")]
    [InlineData("Microsoft.Storage/storageAccounts/blobServices", "properties.deleteRetentionPolicy.days", "7")]
    [InlineData("Microsoft.Storage/storageAccounts/blobServices", "properties.containerDeleteRetentionPolicy.enabled", "true")]
    [InlineData("Microsoft.Storage/storageAccounts/blobServices/containers", "properties.publicAccess", "\"None\"")]
    [InlineData("Microsoft.ServiceBus/namespaces", "properties.disableLocalAuth", "true")]
    [InlineData("Microsoft.ServiceBus/namespaces", "properties.minimumTlsVersion", "\"1.2\"")]
    [InlineData("Microsoft.ServiceBus/namespaces/queues", "properties.requiresDuplicateDetection", "true")]
    [InlineData("Microsoft.ServiceBus/namespaces/queues", "properties.duplicateDetectionHistoryTimeWindow", "\"PT1H\"")]
    [InlineData("Microsoft.ServiceBus/namespaces/queues", "properties.lockDuration", "\"PT5M\"")]
    [InlineData("Microsoft.ServiceBus/namespaces/queues", "properties.maxDeliveryCount", "10")]
    [InlineData("Microsoft.ServiceBus/namespaces/queues", "properties.defaultMessageTimeToLive", "\"P14D\"")]
    [InlineData("Microsoft.ServiceBus/namespaces/queues", "properties.deadLetteringOnMessageExpiration", "true")]
    [InlineData("Microsoft.KeyVault/vaults", "properties.enableRbacAuthorization", "true")]
    [InlineData("Microsoft.KeyVault/vaults", "properties.enablePurgeProtection", "true")]
    [InlineData("Microsoft.KeyVault/vaults", "properties.enableSoftDelete", "true")]
    [InlineData("Microsoft.KeyVault/vaults", "properties.softDeleteRetentionInDays", "90")]
    [InlineData("Microsoft.ContainerRegistry/registries", "properties.adminUserEnabled", "false")]
    [InlineData("Microsoft.ContainerRegistry/registries", "properties.anonymousPullEnabled", "false")]
    [InlineData("Microsoft.Insights/components", "properties.DisableLocalAuth", "true")]
    [InlineData("Microsoft.Insights/components", "properties.IngestionMode", "\"LogAnalytics\"")]
    [InlineData("Microsoft.OperationalInsights/workspaces", "properties.features.disableLocalAuth", "true")]
    [InlineData("Microsoft.Web/sites", "properties.httpsOnly", "true")]
    [InlineData("Microsoft.Web/sites", "properties.siteConfig.minTlsVersion", "\"1.2\"")]
    [InlineData("Microsoft.Web/sites", "properties.siteConfig.scmMinTlsVersion", "\"1.2\"")]
    [InlineData("Microsoft.Web/sites", "properties.functionAppConfig.deployment.storage.authentication.type", "\"UserAssignedIdentity\"")]
    [InlineData("Microsoft.Web/sites", "properties.functionAppConfig.runtime", """{"name":"dotnet-isolated","version":"10.0"}""")]
    [InlineData("Microsoft.Web/sites", "properties.functionAppConfig.scaleAndConcurrency.maximumInstanceCount", "40")]
    [InlineData("Microsoft.Web/sites", "properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB", "2048")]
    [InlineData("Microsoft.App/containerApps", "properties.template.containers.0.resources.memory", "\"1Gi\"")]
    [InlineData("Microsoft.Web/sites", "identity.type", "\"UserAssigned\"")]
    [InlineData("Microsoft.Web/sites/basicPublishingCredentialsPolicies", "properties.allow", "false")]
    [InlineData("Microsoft.App/managedEnvironments", "properties.appLogsConfiguration.destination", "\"azure-monitor\"")]
    [InlineData("Microsoft.App/containerApps", "identity.type", "\"UserAssigned\"")]
    [InlineData("Microsoft.Insights/scheduledQueryRules", "properties.enabled", "true")]
    public void Holds_for_all_of_the_type(string type, string property, string value)
    {
        var all = infra.All.SelectMany(deployment => deployment.Resources).Where(resource => resource.Type == type).ToList();

        Assert.NotEmpty(all);
        Assert.All(all, resource => Assert.Equal(value, Compact(resource.At(property))));
    }

    [Fact]
    public void Functions_are_published_to_without_passwords_only() =>
        Assert.Equal(["ftp", "scm"], infra.ContainerApp.All("Microsoft.Web/sites/basicPublishingCredentialsPolicies").Select(policy => policy.LastName));

    /// <summary>Flex Consumption refuses a site with a property that it manages itself.</summary>
    [Fact]
    public void The_function_app_sets_nothing_that_its_plan_refuses() => Assert.Equal(
        ["minTlsVersion", "scmMinTlsVersion"],
        infra.ContainerApp.One("Microsoft.Web/sites").Find("properties.siteConfig")!.Value.EnumerateObject().Select(property => property.Name));

    [Fact]
    public void Everything_is_in_three_zones_unless_the_region_has_none()
    {
        foreach (var (deployment, sku, zones, isRedundant) in (ReadOnlySpan<(Deployment, string, string?, string)>)[(infra.Isolated, "Standard_ZRS", """["1","2","3"]""", "true"), (infra.WithoutZones, "Standard_LRS", "null", "false")])
        {
            Assert.All(deployment.All("Microsoft.Storage/storageAccounts"), account => Assert.Equal(sku, account.TextAt("sku.name")));
            Assert.All(deployment.All("Microsoft.Network/publicIPAddresses"), address => Assert.Equal(zones, Compact(address.At("zones")) ?? "null"));
            Assert.Equal(isRedundant, deployment.One("Microsoft.App/managedEnvironments").At("properties.zoneRedundant"));
        }

        Assert.Equal("""["1","2","3"]""", Compact(infra.Isolated.One("Microsoft.Network/applicationGateways").At("zones")));
    }

    [Fact]
    public void A_vault_is_brought_back_only_when_asked_for()
    {
        Assert.Equal("default", infra.ContainerApp.One("Microsoft.KeyVault/vaults").TextAt("properties.createMode"));
        Assert.Equal("recover", infra.WithoutZones.One("Microsoft.KeyVault/vaults").TextAt("properties.createMode"));
    }

    [Fact]
    public void Logs_have_a_limit_a_day()
    {
        Assert.Equal("5", infra.ContainerApp.One("Microsoft.OperationalInsights/workspaces").At("properties.workspaceCapping.dailyQuotaGb"));
        Assert.Equal("20", infra.WithoutZones.One("Microsoft.OperationalInsights/workspaces").At("properties.workspaceCapping.dailyQuotaGb"));
    }

    [Theory]
    [InlineData("AzureWebJobsStorage")]
    [InlineData("Bus")]
    public void The_Functions_host_has_an_identity_and_no_connection_string(string connection)
    {
        var settings = infra.ContainerApp.One("Microsoft.Web/sites/config");

        Assert.Null(settings.At($"properties.{connection}"));
        Assert.Equal("managedidentity", settings.TextAt($"properties.{connection}__credential"));
        Assert.Contains(".outputs.functionsClientId.value", settings.TextAt($"properties.{connection}__clientId"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_function_app_has_the_settings_that_its_program_reads()
    {
        var settings = infra.Isolated.One("Microsoft.Web/sites/config");

        Assert.Equal(
            [
                "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "APPLICATIONINSIGHTS_CONNECTION_STRING", "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__clientId",
                "AzureWebJobsStorage__credential", "Bus__clientId", "Bus__credential", "Bus__fullyQualifiedNamespace", "GATEWAY_Credential__ClientId", "GATEWAY_KeyVault__Endpoint",
                "GATEWAY_Stages__ActivityRetention", "GATEWAY_Stages__KeptRetention", "GATEWAY_Storage__BlobEndpoint", "GATEWAY_Storage__TableEndpoint",
            ],
            settings.Find("properties")!.Value.EnumerateObject().Select(setting => setting.Name).Order(StringComparer.Ordinal));
        Assert.Equal("100.00:00:00", settings.TextAt("properties.GATEWAY_Stages__ActivityRetention"));
        Assert.Equal("30.00:00:00", settings.TextAt("properties.GATEWAY_Stages__KeptRetention"));
        Assert.EndsWith(";Authorization=AAD", Unwrapped(settings.TextAt("properties.APPLICATIONINSIGHTS_AUTHENTICATION_STRING")!), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "raw", "daysAfterCreationGreaterThan", 30, 40)]
    [InlineData(1, "parts", "daysAfterCreationGreaterThan", 30, 40)]
    [InlineData(2, "kept", "daysAfterModificationGreaterThan", 32, 32)] // what was asked for, 3, is under the least
    public void Mail_goes_when_its_time_is_over(int rule, string container, string after, int byDefault, int whenSet)
    {
        foreach (var (deployment, days) in (ReadOnlySpan<(Deployment, int)>)[(infra.ContainerApp, byDefault), (infra.Isolated, whenSet)])
        {
            var policy = deployment.One("Microsoft.Storage/storageAccounts/managementPolicies");

            Assert.Equal(3, policy.Find("properties.policy.rules")!.Value.GetArrayLength());
            Assert.Equal($"[\"{container}/\"]", Compact(policy.At($"properties.policy.rules.{rule}.definition.filters.prefixMatch")));
            Assert.Equal($$$"""{"delete":{"{{{after}}}":{{{days}}}}}""", Compact(policy.At($"properties.policy.rules.{rule}.definition.actions.baseBlob")));
        }
    }

    [Theory]
    [InlineData("Microsoft.Storage/storageAccounts")]
    [InlineData("Microsoft.KeyVault/vaults")]
    public void Isolated_only_the_deployer_comes_in_from_outside(string type)
    {
        Assert.All(infra.Isolated.All(type), resource =>
        {
            Assert.Equal("Deny", resource.TextAt("properties.networkAcls.defaultAction"));
            Assert.Equal("None", resource.TextAt("properties.networkAcls.bypass"));
            if (resource.Name.StartsWith("sthost", StringComparison.Ordinal))
            {
                Assert.Equal("Disabled", resource.TextAt("properties.publicNetworkAccess"));
            }
            else
            {
                Assert.Equal(1, resource.Find("properties.networkAcls.ipRules")!.Value.GetArrayLength());
                Assert.Equal("192.0.2.1", resource.TextAt("properties.networkAcls.ipRules.0.value"));
            }
        });
    }

    [Fact]
    public void Isolated_and_without_a_deployer_nobody_does()
    {
        Assert.All(infra.WithoutZones.All("Microsoft.Storage/storageAccounts"), account => Assert.Equal("Disabled", account.TextAt("properties.publicNetworkAccess")));
        Assert.Equal("Disabled", infra.WithoutZones.One("Microsoft.KeyVault/vaults").TextAt("properties.publicNetworkAccess"));
    }

    [Fact]
    public void Isolated_nobody_reaches_the_bus_from_outside()
    {
        var bus = infra.Isolated.One("Microsoft.ServiceBus/namespaces");
        Assert.Equal(("Premium", "Disabled"), (bus.TextAt("sku.name"), bus.TextAt("properties.publicNetworkAccess")));
        Assert.Equal("Deny", infra.Isolated.One("Microsoft.ServiceBus/namespaces/networkRuleSets").TextAt("properties.defaultAction"));
        Assert.Equal("Standard", infra.ContainerApp.One("Microsoft.ServiceBus/namespaces").TextAt("sku.name"));
    }

    [Fact]
    public void Isolated_each_service_has_its_endpoint_and_its_name_in_the_network()
    {
        var endpoints = infra.Isolated.All("Microsoft.Network/privateEndpoints");

        Assert.Equal(["blob", "table", "blob", "vault", "namespace"], endpoints.Select(endpoint => endpoint.TextAt("properties.privateLinkServiceConnections.0.properties.groupIds.0")));
        Assert.Equal(endpoints.Select(endpoint => $"{endpoint.Name}/default"), infra.Isolated.All("Microsoft.Network/privateEndpoints/privateDnsZoneGroups").Select(names => names.Name));
        Assert.Equal(4, infra.Isolated.All("Microsoft.Network/privateDnsZones").Count);
        Assert.Equal(4, infra.Isolated.All("Microsoft.Network/privateDnsZones/virtualNetworkLinks").Count);
        Assert.Contains(".outputs.functionSubnetId.value", infra.Isolated.One("Microsoft.Web/sites").TextAt("properties.virtualNetworkSubnetId"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_gateway_hands_on_who_connects()
    {
        var gateway = infra.ApplicationGateway.One("Microsoft.Network/applicationGateways");

        Assert.Equal("true", gateway.At("properties.backendSettingsCollection.0.properties.enableL4ClientIpPreservation"));
        Assert.Equal("true", gateway.At("properties.probes.0.properties.enableProbeProxyProtocolHeader"));
        Assert.Equal("Tcp", gateway.TextAt("properties.listeners.0.properties.protocol"));
        Assert.Equal("25", gateway.At("properties.frontendPorts.0.properties.port"));
        Assert.True(string.CompareOrdinal(gateway.TextAt("apiVersion"), "2025-01-01") >= 0); // older ones drop the first two
        Assert.Equal("true", infra.ApplicationGateway.One("Microsoft.App/managedEnvironments").At("properties.vnetConfiguration.internal"));
        Assert.Equal("false", infra.ContainerApp.One("Microsoft.App/managedEnvironments").At("properties.vnetConfiguration.internal"));
    }

    [Fact]
    public void All_that_can_have_tags_has_the_environments()
    {
        string[] cannot = ["Microsoft.Authorization/roleAssignments", "Microsoft.Insights/diagnosticSettings"];
        var taggable = infra.All.SelectMany(deployment => deployment.Resources)
            .Where(resource => !cannot.Contains(resource.Type) && (resource.Type.Count(c => c == '/') == 1 || resource.Type.EndsWith("/virtualNetworkLinks", StringComparison.Ordinal)));

        Assert.All(taggable, resource => Assert.Equal("test", resource.TextAt("tags.azd-env-name")));
        Assert.Equal("functions", infra.ContainerApp.One("Microsoft.Web/sites").TextAt("tags.azd-service-name"));
        Assert.Equal("smtp", infra.SmtpBehindIngress.One("Microsoft.App/containerApps").TextAt("tags.azd-service-name"));
    }

    private static string Unwrapped(string expression) => expression.Replace("')]", "", StringComparison.Ordinal).Split("', ")[0];

    private static string? Compact(string? json) => json?.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
}
