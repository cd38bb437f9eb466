using System.Text.Json;

namespace Gateway.Infra.Tests.Bicep;

/// <summary>Who may connect to what in the network. Rules have one form only, so that none is overlooked here: a source, or a list of them.</summary>
public class NetworkTests(InfraFixture infra)
{
    private const string Containers = "10.40.0.0/24";
    private const string NodePorts = "30000-32767";

    private IEnumerable<Deployment> Forms => [infra.ContainerApp, infra.ApplicationGateway, infra.Isolated, infra.WithoutZones];

    [Fact]
    public void Strangers_reach_port_25_and_nothing_else() => Assert.All(Forms, deployment =>
    {
        var (group, rule) = Assert.Single(Groups(deployment).SelectMany(group => Allowed(group).Select(rule => (group, rule))), pair => IsOpen(pair.rule));
        Assert.Equal("Tcp", rule.Protocol);

        // Without a gateway the load balancer's ports on the nodes too, which it has no public side for.
        var hasGateway = group.Name.StartsWith("nsg-gateway-", StringComparison.Ordinal);
        Assert.Equal(hasGateway ? ["25"] : ["25", NodePorts], rule.Ports);
        Assert.Equal(hasGateway, deployment.Resources.Any(resource => resource.Type == "Microsoft.Network/applicationGateways"));
    });

    /// <summary>Whoever else could connect there could say in a PROXY header that somebody else does.</summary>
    [Fact]
    public void Behind_a_gateway_nobody_but_it_reaches_the_containers() => Assert.All([infra.ApplicationGateway, infra.Isolated], deployment =>
    {
        var group = Assert.Single(Groups(deployment), group => group.Name.StartsWith("nsg-containers-", StringComparison.Ordinal));
        var gateway = Subnets(deployment).Single(subnet => subnet.Name == "gateway").Prefix;

        Assert.Equal(
            [new Rule("Allow", "Tcp", [gateway], ["2525", NodePorts]), new Rule("Allow", "*", [Containers], ["*"]), new Rule("Allow", "Tcp", ["AzureLoadBalancer"], [NodePorts])],
            Allowed(group),
            Same);
    });

    [Fact]
    public void What_no_rule_lets_in_stays_out() => Assert.All(Forms, deployment =>
        Assert.All(Groups(deployment).Where(group => group.Name.StartsWith("nsg-containers-", StringComparison.Ordinal) || group.Name.StartsWith("nsg-endpoints-", StringComparison.Ordinal)), group =>
            Assert.Equal(new Rule("Deny", "*", ["*"], ["*"]), Rules(group)[^1], Same)));

    [Fact]
    public void Endpoints_are_reached_by_the_programs_alone()
    {
        var group = Assert.Single(Groups(infra.Isolated), group => group.Name.StartsWith("nsg-endpoints-", StringComparison.Ordinal));
        var functions = Subnets(infra.Isolated).Single(subnet => subnet.Name == "functions").Prefix;

        Assert.Equal([new Rule("Allow", "Tcp", [Containers, functions], ["443", "5671-5672"])], Allowed(group), Same);
    }

    /// <summary>Rules of a group that no subnet has are rules for nobody.</summary>
    [Fact]
    public void Each_subnet_has_its_rules() => Assert.All(Forms, deployment => Assert.All(Subnets(deployment), subnet =>
        Assert.Contains($"/networkSecurityGroups/nsg-{subnet.Name}-", subnet.Rules, StringComparison.Ordinal)));

    [Fact]
    public void Rules_count_for_endpoints_too() => Assert.Equal(
        "Enabled",
        Subnets(infra.Isolated).Single(subnet => subnet.Name == "endpoints").Body.GetProperty("privateEndpointNetworkPolicies").GetString());

    /// <summary>Two environments cannot share one; and both want the same delegation.</summary>
    [Fact]
    public void Containers_and_functions_have_subnets_of_their_own_that_are_delegated() => Assert.Equal(
        ["containers", "functions"],
        Subnets(infra.Isolated)
            .Where(subnet => subnet.Body.TryGetProperty("delegations", out var to) && to[0].GetProperty("properties").GetProperty("serviceName").GetString() == "Microsoft.App/environments")
            .Select(subnet => subnet.Name));

    private static bool Same(Rule one, Rule other) => one.ToString() == other.ToString();

    /// <summary>From outside of the network, by whatever word.</summary>
    private static bool IsOpen(Rule rule) =>
        rule.Sources.Any(source => !source.StartsWith("10.40.", StringComparison.Ordinal) && source is not ("AzureLoadBalancer" or "GatewayManager"));

    private static IReadOnlyList<PlannedResource> Groups(Deployment deployment) => deployment.All("Microsoft.Network/networkSecurityGroups");

    private static List<Rule> Allowed(PlannedResource group) => [.. Rules(group).Where(rule => rule.Access == "Allow")];

    private static List<Rule> Rules(PlannedResource group) =>
    [
        .. group.Find("properties.securityRules")?.EnumerateArray().Select(rule => rule.GetProperty("properties")).OrderBy(rule => rule.GetProperty("priority").GetInt32()).Select(rule => new Rule(
            rule.GetProperty("access").GetString()!, rule.GetProperty("protocol").GetString()!, Texts(rule, "sourceAddressPrefix"), Texts(rule, "destinationPortRange"))) ?? [],
    ];

    private static string[] Texts(JsonElement rule, string name) =>
        rule.TryGetProperty(name, out var one) ? [one.GetString()!] : [.. rule.GetProperty(name + (name.EndsWith('x') ? "es" : "s")).EnumerateArray().Select(text => text.GetString()!)];

    private static IEnumerable<Subnet> Subnets(Deployment deployment) =>
        deployment.One("Microsoft.Network/virtualNetworks").Find("properties.subnets")!.Value.EnumerateArray().Select(subnet => (subnet, subnet.GetProperty("properties"))).Select(pair => new Subnet(
            pair.subnet.GetProperty("name").GetString()!,
            pair.Item2.GetProperty("addressPrefix").GetString()!,
            pair.Item2.TryGetProperty("networkSecurityGroup", out var rules) ? rules.GetProperty("id").GetString()! : "",
            pair.Item2));

    private sealed record Rule(string Access, string Protocol, string[] Sources, string[] Ports)
    {
        public override string ToString() => $"{Access} {Protocol} from {string.Join(',', Sources)} to {string.Join(',', Ports)}";
    }

    private sealed record Subnet(string Name, string Prefix, string Rules, JsonElement Body);
}
