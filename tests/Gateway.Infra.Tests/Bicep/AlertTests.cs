using System.Text.RegularExpressions;
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

        Assert.Equal(8, names.Count);
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

    [Fact]
    public void The_bus_is_watched_for_dead_letters_errors_and_throttling() => Assert.Equal(
        ["DeadletteredMessages", "ServerErrors", "ThrottledRequests", "Transactions"],
        infra.ContainerApp.All("Microsoft.Insights/metricAlerts").Select(rule => rule.TextAt("properties.criteria.allOf.0.metricName")));

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

    [GeneratedRegex("Name == \"(gateway\\.[a-z_.]+)\"")]
    private static partial Regex MetricName();
}
