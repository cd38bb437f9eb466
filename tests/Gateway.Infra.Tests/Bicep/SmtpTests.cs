using Gateway.Smtp;

namespace Gateway.Infra.Tests.Bicep;

public class SmtpTests(InfraFixture infra)
{
    private PlannedResource BehindIngress => infra.SmtpBehindIngress.One("Microsoft.App/containerApps");

    private PlannedResource BehindGateway => infra.SmtpBehindGateway.One("Microsoft.App/containerApps");

    [Fact]
    public void Without_a_gateway_it_listens_to_the_world_and_knows_no_addresses()
    {
        Assert.Equal(("tcp", "true", "2525", "25"), Ingress(BehindIngress));
        Assert.Equal("Unavailable", Settings(BehindIngress)["GATEWAY_ClientIp__Mode"]);
        Assert.DoesNotContain("GATEWAY_ClientIp__TrustedNetworks", Settings(BehindIngress).Keys);
    }

    [Fact]
    public void Behind_a_gateway_it_wants_a_PROXY_header_from_the_ingress()
    {
        Assert.Equal(("tcp", "true", "2525", "2525"), Ingress(BehindGateway));
        Assert.Equal("ProxyRequired", Settings(BehindGateway)["GATEWAY_ClientIp__Mode"]);
        Assert.Equal("10.40.0.0/24,100.64.0.0/10", Settings(BehindGateway)["GATEWAY_ClientIp__TrustedNetworks"]);
    }

    /// <summary>The subnet of the environment, whose ingress it is that connects; and the program starts with it.</summary>
    [Fact]
    public void The_networks_that_are_believed_are_such_as_the_program_takes()
    {
        var module = infra.Templates["main"].GetProperty("resources").GetProperty("network").GetProperty("properties").GetProperty("template");
        var subnet = module.GetProperty("variables").GetProperty("containerAddresses").GetString()!;
        Assert.Equal("[format('{0},100.64.0.0/10', variables('containerAddresses'))]", module.GetProperty("outputs").GetProperty("ingressNetworks").GetProperty("value").GetString());

        Assert.Empty(new ClientIpOptions { Mode = ClientIpMode.ProxyRequired, TrustedNetworks = $"{subnet},100.64.0.0/10" }.Problems());
        Assert.Equal(subnet, infra.ApplicationGateway.One("Microsoft.Network/virtualNetworks").TextAt("properties.subnets.0.properties.addressPrefix"));
    }

    [Fact]
    public void The_gateway_connects_to_the_port_that_is_exposed_to_it() => Assert.Equal(
        BehindGateway.At("properties.configuration.ingress.exposedPort"),
        infra.ApplicationGateway.One("Microsoft.Network/applicationGateways").At("properties.backendSettingsCollection.0.properties.port"));

    [Fact]
    public void It_has_the_settings_that_its_program_reads()
    {
        string[] always =
        [
            "APPLICATIONINSIGHTS_CONNECTION_STRING", "GATEWAY_Bus__Namespace", "GATEWAY_ClientIp__Mode", "GATEWAY_Credential__ClientId", "GATEWAY_Smtp__Hostname",
            "GATEWAY_Smtp__ShutdownTimeout", "GATEWAY_Storage__BlobEndpoint", "GATEWAY_Storage__TableEndpoint",
        ];

        Assert.Equal(always, Settings(BehindIngress).Keys.Order(StringComparer.Ordinal));
        Assert.Equal(
            ["GATEWAY_Certificate__Secret", "GATEWAY_ClientIp__TrustedNetworks", "GATEWAY_KeyVault__Endpoint"],
            Settings(BehindGateway).Keys.Except(always, StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Equal(InfraFixture.Certificate, Settings(BehindGateway)["GATEWAY_Certificate__Secret"]);
    }

    [Fact]
    public void A_replica_that_is_replaced_may_end_what_it_does()
    {
        var grace = TimeSpan.FromSeconds(BehindIngress.Find("properties.template.terminationGracePeriodSeconds")!.Value.GetInt32());
        var shutdown = TimeSpan.Parse(Settings(BehindIngress)["GATEWAY_Smtp__ShutdownTimeout"]!, System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal(TimeSpan.FromSeconds(300), grace);
        Assert.InRange(shutdown, TimeSpan.FromMinutes(4), grace - TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("Startup", "/healthz/live", 60)]
    [InlineData("Liveness", "/healthz/live", 60)]
    [InlineData("Readiness", "/healthz/ready", 30)]
    public void It_is_asked_how_it_is(string type, string path, int secondsUntilItCounts)
    {
        var probe = Assert.Single(BehindIngress.Find("properties.template.containers.0.probes")!.Value.EnumerateArray(), probe => probe.GetProperty("type").GetString() == type);

        Assert.Equal((8080, path), (probe.GetProperty("httpGet").GetProperty("port").GetInt32(), probe.GetProperty("httpGet").GetProperty("path").GetString()));
        Assert.Equal(secondsUntilItCounts, probe.GetProperty("periodSeconds").GetInt32() * probe.GetProperty("failureThreshold").GetInt32());
        Assert.InRange(probe.GetProperty("timeoutSeconds").GetInt32(), 3, 5); // the server gives storage and bus three
    }

    [Fact]
    public void There_are_always_two_and_connections_bring_more()
    {
        Assert.Equal(("2", "10"), Replicas(BehindIngress));
        Assert.Equal(("2", "20"), Replicas(BehindGateway)); // one was asked for
        Assert.Equal("\"50\"", BehindIngress.At("properties.template.scale.rules.0.tcp.metadata.concurrentConnections"));
    }

    [Fact]
    public void Its_image_is_pulled_by_its_identity()
    {
        Assert.Equal("test.azurecr.io/smtp:1", BehindIngress.TextAt("properties.template.containers.0.image"));
        Assert.Equal("test.azurecr.io", BehindIngress.TextAt("properties.configuration.registries.0.server"));
        Assert.EndsWith("/userAssignedIdentities/id-test", BehindIngress.TextAt("properties.configuration.registries.0.identity"), StringComparison.Ordinal);
        Assert.Null(BehindIngress.At("properties.configuration.registries.0.passwordSecretRef"));
        Assert.Null(BehindIngress.At("properties.configuration.secrets"));
    }

    private static (string?, string?, string?, string?) Ingress(PlannedResource app) => (
        app.TextAt("properties.configuration.ingress.transport"), app.At("properties.configuration.ingress.external"),
        app.At("properties.configuration.ingress.targetPort"), app.At("properties.configuration.ingress.exposedPort"));

    private static (string?, string?) Replicas(PlannedResource app) => (app.At("properties.template.scale.minReplicas"), app.At("properties.template.scale.maxReplicas"));

    private static Dictionary<string, string?> Settings(PlannedResource app) => app.Find("properties.template.containers.0.env")!.Value.EnumerateArray()
        .ToDictionary(setting => setting.GetProperty("name").GetString()!, setting => setting.GetProperty("value").GetString(), StringComparer.Ordinal);
}
