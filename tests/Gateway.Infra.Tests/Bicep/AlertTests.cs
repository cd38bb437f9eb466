using System.Text.RegularExpressions;
using System.Xml;
using Gateway.Core.Tests;

namespace Gateway.Infra.Tests.Bicep;

public partial class AlertTests(InfraFixture infra)
{
    private const string Query = "properties.criteria.allOf.0.query";

    [Fact]
    public void What_is_measured_is_what_the_programs_measure()
    {
        var source = string.Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var names = infra.ContainerApp.All("Microsoft.Insights/scheduledQueryRules").Select(rule => MetricName().Match(rule.TextAt(Query)!)).ToList();

        Assert.Equal(9, names.Count);
        Assert.All(names, name =>
        {
            Assert.True(name.Success);
            Assert.Contains($"\"{name.Groups[1].Value}\"", source, StringComparison.Ordinal);
        });
    }

    /// <summary>A rule that counts rows over a threshold of none fires when its query answers; so a query must only answer when there is something wrong.</summary>
    [Fact]
    public void A_query_that_answers_is_an_alert() => Assert.All(infra.Isolated.All("Microsoft.Insights/scheduledQueryRules"), rule =>
    {
        Assert.Equal(("Count", "GreaterThan", "0"), (rule.TextAt("properties.criteria.allOf.0.timeAggregation"), rule.TextAt("properties.criteria.allOf.0.operator"), rule.At("properties.criteria.allOf.0.threshold")));
        Assert.Matches(@"\| summarize (\w+) = .+ \| where \1 (>|<|==) [0-9 *]+\z", rule.TextAt(Query)!);
    });

    /// <summary>When they tell.</summary>
    [Fact]
    public void What_is_too_much_is_written_down() => Assert.Equal(
        [
            "behind-nat: Connections > 0 in PT1H", "certificate: Remaining < 21 * 86400 in PT1H", "dead-letters: Records > 0 in PT15M", "endpoint-parked: Endpoints > 0 in PT15M",
            "intake-failures: Failures > 5 in PT15M", "no-mail: Accepted == 0 in P2D", "proxy-refused: Connections > 5 in PT15M", "queue-oldest: Oldest > 900 in PT15M",
            "unrouted: Recipients > 0 in PT1H",
        ],
        infra.ContainerApp.All("Microsoft.Insights/scheduledQueryRules")
            .Select(rule => $"{rule.TextAt("properties.displayName")!["Mail gateway: ".Length..]}: {rule.TextAt(Query)!.Split("| where ")[^1]} in {rule.TextAt("properties.windowSize")}")
            .Order(StringComparer.Ordinal));

    /// <summary>With "by" there would be a row for each of nothing.</summary>
    [Fact]
    public void No_mail_is_told_of_when_nothing_is_measured_at_all()
    {
        var rule = Assert.Single(infra.ContainerApp.All("Microsoft.Insights/scheduledQueryRules"), rule => rule.Name.StartsWith("alert-no-mail-", StringComparison.Ordinal));

        Assert.Equal(
            """AppMetrics | where TimeGenerated > ago(24h) and Name == "gateway.smtp.message.size" | summarize Accepted = coalesce(sum(ItemCount), 0) | where Accepted == 0""",
            rule.TextAt(Query));
        Assert.Equal("P2D", rule.TextAt("properties.windowSize"));
    }

    [Fact]
    public void Quiet_hours_of_none_turn_that_off() =>
        Assert.DoesNotContain(infra.ApplicationGateway.All("Microsoft.Insights/scheduledQueryRules"), rule => rule.Name.Contains("no-mail", StringComparison.Ordinal));

    /// <summary>Metrics of Azure's own, by the names and with the aggregations and dimensions that its list has for them.</summary>
    [Fact]
    public void Bus_storage_and_gateway_are_watched() => Assert.Equal(
        [
            "DeadletteredMessages Minimum > 0 over PT30M by EntityName *",
            "ServerErrors Total > 10 over PT15M",
            "ThrottledRequests Total > 10 over PT15M",
            "Transactions Total > 10 over PT15M by ResponseType ServerOtherError,ServerBusyError,ServerTimeoutError,ClientThrottlingError,ClientAccountRequestThrottlingError,ClientAccountBandwidthThrottlingError",
            "UnhealthyHostCount Average > 0 over PT5M",
        ],
        infra.ApplicationGateway.All("Microsoft.Insights/metricAlerts").Select(Told));

    /// <summary>Others compile, and are refused when they are deployed.</summary>
    [Fact]
    public void Windows_and_frequencies_are_such_as_Azure_takes()
    {
        string[] frequencies = ["PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H", "P1D"];
        Assert.All(infra.ContainerApp.All("Microsoft.Insights/scheduledQueryRules"), rule =>
        {
            var (every, window) = (rule.TextAt("properties.evaluationFrequency")!, rule.TextAt("properties.windowSize")!);
            Assert.Contains(every, frequencies);
            Assert.Contains(window, frequencies.Append("P2D"));
            Assert.True(XmlConvert.ToTimeSpan(window) >= XmlConvert.ToTimeSpan(every));
        });
        Assert.All(infra.ApplicationGateway.All("Microsoft.Insights/metricAlerts"), rule =>
        {
            Assert.Equal("PT5M", rule.TextAt("properties.evaluationFrequency"));
            Assert.Contains(rule.TextAt("properties.windowSize")!, (string[])["PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D"]);
        });
    }

    [Fact]
    public void All_go_to_the_address_when_there_is_one()
    {
        var group = infra.Isolated.One("Microsoft.Insights/actionGroups");

        Assert.Equal("operator@example.com", group.TextAt("properties.emailReceivers.0.emailAddress"));
        Assert.InRange(group.TextAt("properties.groupShortName")!.Length, 1, 12);
        Assert.All(infra.Isolated.All("Microsoft.Insights/metricAlerts"), rule => Assert.Equal(group.Id, rule.TextAt("properties.actions.0.actionGroupId")));
        Assert.All(infra.Isolated.All("Microsoft.Insights/scheduledQueryRules"), rule => Assert.Equal(group.Id, rule.TextAt("properties.actions.actionGroups.0")));
        Assert.Null(infra.ContainerApp.All("Microsoft.Insights/metricAlerts")[0].At("properties.actions.0"));
    }

    private static string Told(PlannedResource rule)
    {
        string Text(string name) => rule.TextAt($"properties.criteria.allOf.0.{name}")!;
        Assert.Equal("GreaterThan", Text("operator"));
        var dimension = rule.Find("properties.criteria.allOf.0.dimensions.0");
        var by = dimension is { } one ? $" by {one.GetProperty("name").GetString()} {string.Join(',', one.GetProperty("values").EnumerateArray())}" : "";
        return $"{Text("metricName")} {Text("timeAggregation")} > {rule.At("properties.criteria.allOf.0.threshold")} over {rule.TextAt("properties.windowSize")}{by}";
    }

    [GeneratedRegex("Name == \"(gateway\\.[a-z_.]+)\"")]
    private static partial Regex MetricName();
}
