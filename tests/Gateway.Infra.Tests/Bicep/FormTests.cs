using System.Text.RegularExpressions;
using Gateway.Core.Tests;

namespace Gateway.Infra.Tests.Bicep;

/// <summary>
/// Which resources there are in each form, beside the lists in <c>Forms</c>: what a change of the templates makes or takes away is seen
/// in a review. Roles have a table of their own.
/// </summary>
public partial class FormTests(InfraFixture infra)
{
    [Fact]
    public void Container_app() => Same("container-app", Lines(infra.ContainerApp));

    [Fact]
    public void What_an_application_gateway_adds() => Same("application-gateway", Difference(infra.ContainerApp, infra.ApplicationGateway));

    [Fact]
    public void What_isolation_adds() => Same("isolation", Difference(infra.ApplicationGateway, infra.Isolated));

    [Fact]
    public void Smtp() => Same("smtp", Lines(infra.SmtpBehindIngress));

    private static void Same(string form, IEnumerable<string> lines) => Assert.Equal(
        File.ReadAllLines(Path.Combine(Repository.Root, "tests", "Gateway.Infra.Tests", "Bicep", "Forms", $"{form}.txt")),
        lines);

    private static IEnumerable<string> Difference(Deployment before, Deployment after)
    {
        var (was, isNow) = (Lines(before).ToList(), Lines(after).ToList());
        return [.. was.Except(isNow, StringComparer.Ordinal).Select(line => $"- {line}"), .. isNow.Except(was, StringComparer.Ordinal).Select(line => $"+ {line}")];
    }

    private static IEnumerable<string> Lines(Deployment deployment) => deployment.Resources
        .Where(resource => resource.Type != "Microsoft.Authorization/roleAssignments")
        .Select(resource => $"{resource.Type} {NameOf(resource)}")
        .Order(StringComparer.Ordinal);

    /// <summary>Without what differs from one subscription to the next. A diagnostic setting's name is that of what it is about.</summary>
    private static string NameOf(PlannedResource resource)
    {
        if (resource.Type == "Microsoft.Insights/diagnosticSettings")
        {
            return "of " + Token().Replace(resource.Id.Split('/')[8], "TOKEN");
        }

        // The names of two zones end with the cloud's own suffix, which only a deployment knows.
        return Zone().Match(resource.Name) is { Success: true } zone ? zone.Groups[1].Value + "SUFFIX" : Token().Replace(resource.Name, "TOKEN");
    }

    [GeneratedRegex(@"(?<=\A(sthost|stmail|cr|[a-z-]+-))[a-z0-9]{13}(?=/|\z)")]
    private static partial Regex Token();

    [GeneratedRegex(@"format\('(privatelink\.[a-z]+\.)\{0\}', environment\(\)\.suffixes\.storage\)")]
    private static partial Regex Zone();
}
