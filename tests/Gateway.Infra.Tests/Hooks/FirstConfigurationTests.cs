using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Tests;
using Json.Schema;

namespace Gateway.Infra.Tests.Hooks;

/// <summary>What postprovision writes is read by the gateway's own reader, whatever was in the variables; and its secret is seen by nobody.</summary>
public class FirstConfigurationTests
{
    private const string NoSecret = "keyvault secret show|3|ERROR: (SecretNotFound) A secret was not found in this key vault.";

    private static readonly JsonSchema Schema = JsonSchema.FromText(File.ReadAllText(Path.Combine(Repository.Root, "src", "gateway.schema.json")), new() { SchemaRegistry = new() });

    private static readonly string Label63 = new('a', 63);

    private static readonly (string Domains, string Url)[] Taken =
    [
        ("in.example.com", ""),
        (" In.Example.COM\t, b.example", "https://app.example.com/mail"),
        ($"{Label63}.example,xn--mnchen-3ya.example", "https://app.example.com:8443/mail?key=a&b='c'%20*$1;/"),
        ("in.example.com", "https://app.example.com"),
        ("in.example.com", "https://10.0.0.1/mail"), // valid; deliveries to private addresses fail, and say so
    ];

    private static readonly string[] RefusedDomains =
    [
        $"{Label63}a.example",
        string.Concat(Enumerable.Repeat($"{Label63}.", 4)) + "example",
        "in.example.com\"},{\"name\":\"*",
        "in.example.com\nevil.example",
        "in.example.com/$(id)",
    ];

    /// <summary>Domains, URL, and whether they are taken; slow ones tell in PowerShell, which takes a second to begin, little that they do not in sh.</summary>
    public static IEnumerable<TheoryDataRow<string, string, bool, HookShell>> Settings(bool slow) =>
        from shell in Enum.GetValues<HookShell>()
        from settings in Taken.Select(taken => (taken.Domains, taken.Url, IsTaken: true))
            .Concat(RefusedDomains.Select(domains => (Domains: domains, Url: "", IsTaken: false)))
            .Concat(RefusedUrls.Select(url => (Domains: "in.example.com", Url: url, IsTaken: false)))
        let tells = shell != HookShell.Pwsh || settings.Domains[0] == ' ' || settings.Url.Contains('&') || settings.Domains.Contains('"') || settings.Url.Contains('"')
        where tells != slow
        select new TheoryDataRow<string, string, bool, HookShell>(settings.Domains, settings.Url, settings.IsTaken, shell);

    [Theory, MemberData(nameof(Settings), false)]
    public Task What_is_written_is_valid_and_the_rest_is_refused(string domains, string url, bool taken, HookShell shell) => CheckAsync(domains, url, taken, shell);

    [Theory, MemberData(nameof(Settings), true), Trait("Category", "slow")]
    public Task What_is_refused_is_refused_in_PowerShell_too(string domains, string url, bool taken, HookShell shell) => CheckAsync(domains, url, taken, shell);

    private static async Task CheckAsync(string domains, string url, bool taken, HookShell shell)
    {
        using var sandbox = new HookSandbox();
        sandbox.Answer([NoSecret]);

        var result = await sandbox.RunAsync(shell, "postprovision", Given(domains, url));

        Assert.Equal(taken ? 0 : 1, result.ExitCode);
        if (!taken)
        {
            Assert.Empty(sandbox.Calls);
            Assert.DoesNotContain("hidden", result.Output + result.Errors, StringComparison.Ordinal);
            return;
        }

        var text = sandbox.Given("gateway.json")!;
        using var document = JsonDocument.Parse(text);
        Assert.True(Schema.Evaluate(document.RootElement).IsValid, text);
        var parsed = ConfigurationDocument.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Empty(parsed.Errors);
        Assert.Empty(parsed.Warnings);
        Assert.Equal(domains.Split(',').Select(domain => domain.Trim().ToLowerInvariant()), parsed.Configuration!.Domains.Select(domain => domain.Name));
        Assert.Equal(url.Length == 0 ? [] : [new Uri(url)], parsed.Configuration.Endpoints.Select(endpoint => endpoint.Url));
        Assert.All(parsed.Configuration.Endpoints, endpoint => Assert.Equal("keyvault:app-webhook-secret", Assert.Single(endpoint.Secrets).ToString()));
    }

    [Theory, InlineData(HookShell.Bash), InlineData(HookShell.Busybox), InlineData(HookShell.Pwsh)]
    public async Task Every_shell_writes_the_same_octets(HookShell other)
    {
        var written = new List<string?>();
        foreach (var shell in new[] { HookShell.Sh, other })
        {
            using var sandbox = new HookSandbox();
            sandbox.Answer([NoSecret]);
            await sandbox.RunAsync(shell, "postprovision", Given("in.example.com,b.example", "https://app.example.com/mail"));
            written.Add(sandbox.Given("gateway.json"));
        }

        Assert.NotNull(written[0]);
        Assert.Equal(written[0], written[1]);
    }

    [Theory, InlineData(HookShell.Sh), InlineData(HookShell.Bash), InlineData(HookShell.Busybox), InlineData(HookShell.Pwsh)]
    public async Task The_secret_is_new_each_time_and_only_its_owner_could_read_it(HookShell shell)
    {
        var secrets = new List<string>();
        for (var run = 0; run < 2; run++)
        {
            using var sandbox = new HookSandbox();
            sandbox.Answer([NoSecret]);
            var result = await sandbox.RunAsync(shell, "postprovision", Given("in.example.com", "https://app.example.com/mail"));

            secrets.Add(sandbox.Given("secret")!);
            Assert.Matches(HookText.Secret, secrets[run]);
            Assert.DoesNotContain(secrets[run], result.Output + result.Errors + sandbox.Calls, StringComparison.Ordinal);
            Assert.All(sandbox.Files.Split('\n', StringSplitOptions.RemoveEmptyEntries), file => Assert.Equal("drwx------", file.Split(' ')[1]));
            Assert.Empty(sandbox.Left);
        }

        Assert.NotEqual(secrets[0], secrets[1]);
    }

    private static readonly string[] RefusedUrls =
    [
        "http://app.example.com/mail?key=hidden",
        "HTTPS://app.example.com/hidden",
        "https://",
        "https:///hidden",
        "https://user:hidden@app.example.com/",
        "https://app.example.com/#hidden",
        "https://app.example.com/hidden\",\"allowPrivate\":true,\"x\":\"",
        "https://app.example.com/hidden\\",
        "https://app.example.com/hid den",
        "https://app.example.com/hidden\nx",
        "https://app.example.com:0/hidden",
        "https://app.example.com:65536/hidden",
        "https://app.example.com:/hidden",
        "https://app..example.com/hidden",
        "https://app_hidden.example.com/",
        "https://localhost/hidden",
        "https://münchen.example/hidden",
    ];

    private static Dictionary<string, string> Given(string domains, string url) => new(StringComparer.Ordinal)
    {
        ["MAIL_DOMAINS"] = domains,
        ["WEBHOOK_URL"] = url,
        ["MX_HOST"] = "mx.in.example.com",
        ["DNS_RECORDS"] = """[{"name":"mx.in.example.com.","type":"A","ttl":300,"value":"192.0.2.25","purpose":"the gateway","optional":false}]""",
        ["STORAGE_ACCOUNT_NAME"] = "stmail",
        ["CONFIGURATION_CONTAINER"] = "config",
        ["KEY_VAULT_NAME"] = "kv-mail",
        ["HOOK_RETRY_SECONDS"] = "0",
    };
}
