using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Infra.Tests.Bicep;

namespace Gateway.Infra.Tests.Hooks;

/// <summary>The hooks have what they need when they have the outputs of the real template, and can read its records.</summary>
public sealed partial class TemplateOutputTests(InfraFixture infra)
{
    private const string Address = "192.0.2.25";

    [Theory, InlineData(HookShell.Sh), InlineData(HookShell.Bash), InlineData(HookShell.Busybox), InlineData(HookShell.Pwsh)]
    public async Task What_the_template_puts_out_is_all_that_postprovision_needs(HookShell shell)
    {
        using var sandbox = new HookSandbox();
        var settings = Outputs();
        settings["FIRST_CONFIGURATION"] = "byHand";

        var result = await sandbox.RunAsync(shell, "postprovision", settings);

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.Contains("{ \"name\": \"in.example.com\" }", result.Output, StringComparison.Ordinal);
        var zone = result.Output.Split('\n').Where(line => line.Contains(" IN ", StringComparison.Ordinal));
        Assert.Equal(
            [
                "in.example.com. 3600 IN MX 10 mx1.example.com.",
                "second.example.com. 3600 IN MX 10 mx1.example.com.",
                $"mx1.example.com. 3600 IN A {Address}",
                "_smtp._tls.in.example.com. 3600 IN TXT \"v=TLSRPTv1; rua=mailto:tls@example.com\"",
                "_smtp._tls.second.example.com. 3600 IN TXT \"v=TLSRPTv1; rua=mailto:tls@example.com\"",
            ],
            zone);
    }

    [Theory, InlineData("postdeploy"), InlineData("predown")]
    public void The_other_hooks_read_outputs_their_own_variables_and_those_of_azd(string hook)
    {
        var read = Variable().Matches(File.ReadAllText(Path.Combine(Core.Tests.Repository.Root, "infra", "hooks", $"{hook}.sh"))).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal).ToList();

        Assert.NotEmpty(read.Intersect(Outputs().Keys, StringComparer.Ordinal));
        Assert.Empty(read.Where(name => !name.StartsWith("SMOKE_", StringComparison.Ordinal)).Except([.. Outputs().Keys, "HOOK_RETRY_SECONDS", "AZURE_SUBSCRIPTION_ID", "LC_ALL"], StringComparer.Ordinal));
    }

    // As azd hands them on. What only Azure knows is stood in for: the address, which is part of the records, and whatever else is no text yet.
    private Dictionary<string, string> Outputs()
    {
        var outputs = infra.Isolated.Outputs.EnumerateObject().ToDictionary(
            output => output.Name,
            output => output.Value.GetString()! is var text && text.Contains('(', StringComparison.Ordinal) ? "known-to-azure" : text,
            StringComparer.Ordinal);
        var records = Record().Matches(infra.Isolated.Outputs.GetProperty("DNS_RECORDS").GetString()!).Select(match => new
        {
            name = match.Groups[1].Value,
            type = match.Groups[2].Value,
            ttl = int.Parse(match.Groups[3].Value, System.Globalization.CultureInfo.InvariantCulture),
            value = match.Groups[4].Value is ['\'', .. var text, '\''] ? text : Address,
            purpose = match.Groups[5].Value,
            optional = match.Groups[6].Value == "true",
        });
        outputs["DNS_RECORDS"] = JsonSerializer.Serialize(records);
        outputs["MX_ADDRESS"] = Address;
        return outputs;
    }

    [GeneratedRegex(@"createObject\('name', '([^']*)', 'type', '([A-Z]+)', 'ttl', ([0-9]+), 'value', (.*?), 'purpose', '([^']*)', 'optional', (true|false)\(\)\)")]
    private static partial Regex Record();

    [GeneratedRegex(@"\$\{?([A-Z][A-Z_]+)")]
    private static partial Regex Variable();
}
