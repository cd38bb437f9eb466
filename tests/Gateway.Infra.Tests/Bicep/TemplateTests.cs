using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Core.Tests;

namespace Gateway.Infra.Tests.Bicep;

public partial class TemplateTests(InfraFixture infra)
{
    [Theory]
    [InlineData("main")]
    [InlineData("smtp")]
    public async Task A_template_compiles_and_lints_without_a_warning(string name)
    {
        Assert.Equal((0, ""), infra.Builds[name]);

        var (code, output, error) = await BicepCli.RunAsync("lint", Path.Combine(Repository.Root, "infra", $"{name}.bicep"));
        Assert.Equal((0, "", ""), (code, output, error));
    }

    [Theory]
    [InlineData("main")]
    [InlineData("smtp")]
    public void The_parameters_file_gives_all_that_has_no_default_and_nothing_unknown(string name)
    {
        var known = infra.Templates[name].GetProperty("parameters").EnumerateObject().ToList();
        var given = Parameters(name).Select(parameter => parameter.Name).ToList();

        Assert.Empty(given.Except(known.Select(parameter => parameter.Name), StringComparer.Ordinal));
        Assert.Empty(known.Where(parameter => !parameter.Value.TryGetProperty("defaultValue", out _)).Select(parameter => parameter.Name).Except(given, StringComparer.Ordinal));
    }

    /// <summary>What azd puts in is text.</summary>
    [Fact]
    public void Every_parameter_is_text() =>
        Assert.All(infra.Templates.Values.SelectMany(template => template.GetProperty("parameters").EnumerateObject()), parameter =>
            Assert.Equal("string", parameter.Value.GetProperty("type").GetString()));

    [Fact]
    public void The_server_is_deployed_with_what_provision_puts_out_and_what_users_set()
    {
        string[] ofUsersAndAzd = ["AZURE_ENV_NAME", "SERVICE_SMTP_IMAGE_NAME", "CERTIFICATE_NAME", "SMTP_MIN_REPLICAS", "SMTP_MAX_REPLICAS"];
        var used = Parameters("smtp").Select(parameter => Variable().Match(parameter.Value.GetProperty("value").GetString()!).Groups[1].Value);
        var outputs = infra.Templates["main"].GetProperty("outputs").EnumerateObject().Select(output => output.Name);

        Assert.Empty(used.Except([.. outputs, .. ofUsersAndAzd], StringComparer.Ordinal));
    }

    [Fact]
    public void The_outputs_are_those_agreed_on() => Assert.Equal(
        [
            "APPLICATION_INSIGHTS_NAME", "AZURE_CONTAINER_REGISTRY_ENDPOINT", "AZURE_CONTAINER_REGISTRY_NAME", "AZURE_RESOURCE_GROUP", "CONFIGURATION_CONTAINER",
            "CONTAINER_ENVIRONMENT_NAME", "DNS_RECORDS", "KEY_VAULT_ENDPOINT", "KEY_VAULT_NAME", "MAIL_DOMAINS", "MX_ADDRESS", "MX_HOST", "SERVICE_BUS_NAME", "SERVICE_BUS_NAMESPACE",
            "SERVICE_SMTP_TEMPLATE_HASH", "SMTP_EDGE", "SMTP_IDENTITY_NAME", "SMTP_TRUSTED_NETWORKS", "STORAGE_ACCOUNT_NAME", "STORAGE_BLOB_ENDPOINT", "STORAGE_TABLE_ENDPOINT",
        ],
        infra.Templates["main"].GetProperty("outputs").EnumerateObject().Select(output => output.Name).Order(StringComparer.Ordinal));

    /// <summary>azd leaves the template out when its file has the hash that it remembers here, and a changed parameter would change nothing.</summary>
    [Fact]
    public void Each_deployment_makes_azd_forget_that_it_knows_the_servers_template()
    {
        Assert.Equal("none", infra.ContainerApp.Outputs.GetProperty("SERVICE_SMTP_TEMPLATE_HASH").GetString());
        Assert.Equal("none", infra.SmtpBehindIngress.Outputs.GetProperty("SERVICE_SMTP_TEMPLATE_HASH").GetString());
    }

    [Fact]
    public void No_output_of_any_module_holds_a_secret()
    {
        var outputs = infra.Templates.Values.SelectMany(OutputsIn).ToList();

        Assert.True(outputs.Count > 40, "modules' outputs were not found");
        Assert.DoesNotContain(outputs, output => Secret().IsMatch(output));
    }

    /// <summary>Keys that nothing asks for cannot be put anywhere.</summary>
    [Fact]
    public void No_template_asks_for_a_key() =>
        Assert.All(infra.Templates.Values, template => Assert.DoesNotMatch("(?i)list(account|service)?(keys|sas|secrets|credentials)\\(", template.GetRawText()));

    [Fact]
    public void Records_for_DNS_are_told_with_their_keys_in_order()
    {
        var least = infra.ContainerApp.Outputs.GetProperty("DNS_RECORDS").GetString()!;
        var all = infra.Isolated.Outputs.GetProperty("DNS_RECORDS").GetString()!;

        Assert.Contains(
            "createObject('name', 'second.example.com.', 'type', 'MX', 'ttl', 3600, 'value', '10 mx.in.example.com.', 'purpose', 'mail for second.example.com comes here', 'optional', false())",
            least, StringComparison.Ordinal);
        Assert.Contains("createObject('name', 'mx.in.example.com.', 'type', 'A', 'ttl', 3600, 'value', reference(", least, StringComparison.Ordinal);
        Assert.DoesNotContain("TXT", least, StringComparison.Ordinal);
        Assert.Contains("'value', '10 mx1.example.com.'", all, StringComparison.Ordinal);
        Assert.Contains("createObject('name', '_smtp._tls.in.example.com.', 'type', 'TXT', 'ttl', 3600, 'value', 'v=TLSRPTv1; rua=mailto:tls@example.com'", all, StringComparison.Ordinal);
        Assert.Equal("mx1.example.com", infra.Isolated.Outputs.GetProperty("MX_HOST").GetString());
        Assert.Equal("in.example.com,second.example.com", infra.ContainerApp.Outputs.GetProperty("MAIL_DOMAINS").GetString());
    }

    private static IEnumerable<JsonProperty> Parameters(string name) =>
        JsonElement.Parse(File.ReadAllText(Path.Combine(Repository.Root, "infra", $"{name}.parameters.json"))).GetProperty("parameters").EnumerateObject();

    /// <summary>The template's own and those of all that is nested in it.</summary>
    private static IEnumerable<string> OutputsIn(JsonElement template)
    {
        var own = template.TryGetProperty("outputs", out var outputs) ? outputs.EnumerateObject().Select(output => output.Value.GetRawText()) : [];
        var nested = template.GetProperty("resources") is var resources && resources.ValueKind == JsonValueKind.Object
            ? resources.EnumerateObject().Select(resource => resource.Value)
            : resources.EnumerateArray();
        return own.Concat(nested
            .Where(resource => resource.GetProperty("type").GetString() == "Microsoft.Resources/deployments")
            .SelectMany(resource => OutputsIn(resource.GetProperty("properties").GetProperty("template"))));
    }

    [GeneratedRegex(@"\A\$\{([A-Z_]+)(=.*)?\}\z")]
    private static partial Regex Variable();

    [GeneratedRegex("(?i)list[a-z]*\\(|connectionString|instrumentationKey|password|accountKey|sharedKey|\\bsas\\b")]
    private static partial Regex Secret();
}
