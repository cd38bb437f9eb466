using System.Text.Json.Nodes;
using Gateway.Core.Tests;

namespace Gateway.Infra.Tests.AzureYaml;

public class AzureYamlTests
{
    private static JsonNode Document() => YamlDocument.Read(Path.Combine(Repository.Root, "azure.yaml"));

    [Fact]
    public void It_is_what_azd_reads() => Assert.Empty(AzdSchema.Load().Errors(Document()));

    // Path (dots between), and what is put there; "-" takes it away. Each must break the schema, or it was not looked at.
    [Theory]
    [InlineData("name", "\"Mail_Gateway\"")]
    [InlineData("name", "-")]
    [InlineData("services.smtp.host", "-")]
    [InlineData("services.smtp.project", "-")]
    [InlineData("services.smtp.image", "\"example/gateway\"")]
    [InlineData("services.smtp.docker.remotebuild", "true")]
    [InlineData("services.smtp.docker.remoteBuild", "\"yes\"")]
    [InlineData("services.smtp.k8s", "{}")]
    [InlineData("services.smtp.host", "\"azure.ai.agent\"")]
    [InlineData("services.functions.k8s", "{}")]
    [InlineData("services", "{}")]
    [InlineData("hooks.postprovison", "{ \"run\": \"./x.sh\" }")]
    [InlineData("hooks.postdeploy.posix.shell", "\"bash\"")]
    [InlineData("hooks.postdeploy.posix.run", "-")]
    [InlineData("hooks.postdeploy.interactive", "true")]
    [InlineData("hooks.predown.windows.continueOnErrors", "true")]
    [InlineData("requiredVersions.azd", "1.20")]
    [InlineData("infra.provider", "\"ARM template\"")]
    public void What_azd_would_refuse_is_refused(string path, string value)
    {
        var document = Document();
        var names = path.Split('.');
        var parent = names[..^1].Aggregate(document, (node, name) => node[name]!);
        if (value == "-")
        {
            Assert.True(parent.AsObject().Remove(names[^1]));
        }
        else
        {
            parent[names[^1]] = JsonNode.Parse(value);
        }

        Assert.NotEmpty(AzdSchema.Load().Errors(document));
    }

    // The schema takes any text for a host.
    [Fact]
    public void Its_services_are_on_the_hosts_that_infra_makes()
    {
        var services = Document()["services"]!.AsObject().Select(service => (service.Key, service.Value!["host"]!.GetValue<string>()));
        Assert.Equal([("smtp", "containerapp"), ("functions", "function")], services);
    }

    [Fact]
    public void What_it_names_is_there()
    {
        var document = Document();
        Assert.True(Exists(document["infra"]!["path"]!));
        Assert.True(Exists(document["services"]!["functions"]!["project"]!));
        Assert.Equal(".", document["services"]!["smtp"]!["project"]!.GetValue<string>());
        foreach (var (name, hook) in document["hooks"]!.AsObject())
        {
            Assert.Equal($"./infra/hooks/{name}.sh", hook!["posix"]!["run"]!.GetValue<string>());
            Assert.Equal($"./infra/hooks/{name}.ps1", hook["windows"]!["run"]!.GetValue<string>());
            Assert.True(Exists(hook["posix"]!["run"]!) && Exists(hook["windows"]!["run"]!));
        }
    }

    [Fact]
    public void Hooks_show_what_they_print_and_only_the_warning_may_fail_unseen()
    {
        foreach (var (name, hook) in Document()["hooks"]!.AsObject())
        {
            foreach (var (system, shell) in new[] { ("posix", "sh"), ("windows", "pwsh") })
            {
                Assert.Equal(shell, hook![system]!["shell"]!.GetValue<string>());
                Assert.True(hook[system]!["interactive"]!.GetValue<bool>()); // azd keeps the output of others to itself
                Assert.Equal(name == "predown", hook[system]!["continueOnError"]!.GetValue<bool>());
            }
        }
    }

    private static bool Exists(JsonNode path) => Path.Exists(Path.Combine(Repository.Root, path.GetValue<string>()));
}
