using System.Collections;
using System.Text.Json.Nodes;
using Gateway.Azure;

namespace Gateway.Functions.Tests;

/// <summary>App settings: what is set counts, and every mistake is told at once by the name of its variable, never with what was typed.</summary>
public sealed class FunctionSettingsTests
{
    private const string Emulator = "Endpoint=sb://localhost;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;";

    [Fact]
    public void The_identity_of_the_triggers_is_ours_unless_we_have_another()
    {
        const string Theirs = "11111111-1111-1111-1111-111111111111", Ours = "22222222-2222-2222-2222-222222222222";
        Hashtable environment = new() { ["Bus__clientId"] = Theirs };
        Assert.Equal(Theirs, FunctionSettings.Read(environment, out _).Credential.ClientId);
        environment["GATEWAY_Credential__ClientId"] = Ours;
        Assert.Equal(Ours, FunctionSettings.Read(environment, out _).Credential.ClientId);
        Assert.Null(FunctionSettings.Read(new Hashtable { ["Bus__clientId"] = Theirs, ["GATEWAY_Credential__Kind"] = "AzureCli" }, out _).Credential.ClientId);
    }

    [Fact]
    public void What_is_set_counts()
    {
        var settings = Read(
            [],
            ("Bus__fullyQualifiedNamespace", "mail.servicebus.windows.net"),
            ("Bus__credential", "managedidentity"), // the host's own
            ("GATEWAY_Bus__TryTimeout", "00:00:20"),
            ("GATEWAY_Storage__BlobEndpoint", "https://a.blob.core.windows.net/"),
            ("GATEWAY_Storage__TableEndpoint", "https://a.table.core.windows.net/"),
            ("GATEWAY_Storage__Prefix", "gw1"),
            ("GATEWAY_Configuration__Blob", "other.json"),
            ("GATEWAY_Configuration__PollInterval", "00:00:30"),
            ("GATEWAY_KeyVault__Endpoint", "https://a.vault.azure.net/"),
            ("GATEWAY_Stages__ActivityRetention", "45.00:00:00"),
            ("GATEWAY_Credential__ClientId", "11111111-1111-1111-1111-111111111111"));
        Assert.Equal(("mail.servicebus.windows.net", null, TimeSpan.FromSeconds(20)), (settings.Bus.Namespace, settings.Bus.ConnectionString, settings.Bus.TryTimeout));
        Assert.Equal(("https://a.blob.core.windows.net/", "https://a.table.core.windows.net/", "gw1"), (settings.Storage.BlobEndpoint?.ToString(), settings.Storage.TableEndpoint?.ToString(), settings.Storage.Prefix));
        Assert.Equal(("other.json", TimeSpan.FromSeconds(30)), (settings.Configuration.Blob, settings.Configuration.PollInterval));
        Assert.Equal("https://a.vault.azure.net/", settings.KeyVault.Endpoint?.ToString());
        Assert.Equal(TimeSpan.FromDays(45), settings.Sweep.ActivityRetention);
        Assert.Equal((CredentialKind.ManagedIdentity, "11111111-1111-1111-1111-111111111111"), (settings.Credential.Kind, settings.Credential.ClientId));
    }

    [Fact]
    public void An_emulator_needs_two_settings()
    {
        var settings = Read([], ("Bus", Emulator), ("GATEWAY_Storage__ConnectionString", "UseDevelopmentStorage=true"));
        Assert.Equal((null, Emulator), (settings.Bus.Namespace, settings.Bus.ConnectionString));
    }

    [Fact]
    public void Names_are_found_whatever_their_case_as_the_host_finds_them() =>
        Assert.Equal("a.servicebus.windows.net", Read([], ("BUS__FULLYQUALIFIEDNAMESPACE", "a.servicebus.windows.net"), ("GATEWAY_Storage__ConnectionString", "UseDevelopmentStorage=true")).Bus.Namespace);

    [Fact]
    public void Without_anything_all_that_is_missing_is_told() =>
        Read(["GATEWAY_Storage__BlobEndpoint is missing", "GATEWAY_Storage__TableEndpoint is missing", "Bus__fullyQualifiedNamespace is missing"]);

    [Fact]
    public void Every_mistake_is_told_at_once() => Read(
        [
            "there is no setting GATEWAY_Smtp__Port",
            "there is no setting GATEWAY_Storage__Prefixx",
            "GATEWAY_Configuration__PollInterval must be a time, such as 00:05:00",
            "GATEWAY_Storage__BlobEndpoint must be an https URL: a token may not travel in plain text",
            "GATEWAY_Storage__TableEndpoint is missing",
            "GATEWAY_KeyVault__MaxRetries must be between 0 and 10",
            "GATEWAY_Stages__ActivityRetention must be between 30 and 3,650 days",
            "GATEWAY_Credential__ClientId must be a GUID",
            "Bus__fullyQualifiedNamespace must be a host name, such as NAME.servicebus.windows.net",
            "GATEWAY_Bus__MaxRetries must be between 0 and 10",
        ],
        ("GATEWAY_Smtp__Port", "25"),
        ("GATEWAY_Storage__Prefixx", "hunter2"),
        ("GATEWAY_Configuration__PollInterval", "hunter2"),
        ("GATEWAY_Storage__BlobEndpoint", "http://hunter2.blob.core.windows.net/"),
        ("GATEWAY_KeyVault__MaxRetries", "11"),
        ("GATEWAY_Stages__ActivityRetention", "1.00:00:00"),
        ("GATEWAY_Credential__ClientId", "hunter2"),
        ("Bus__fullyQualifiedNamespace", "hunter2"),
        ("GATEWAY_Bus__MaxRetries", "-1"));

    [Theory]
    [InlineData("GATEWAY_Bus__Namespace", "hunter2.servicebus.windows.net")]
    [InlineData("GATEWAY_Bus__ConnectionString", Emulator)]
    public void Our_own_names_for_the_bus_are_refused_with_the_one_to_use(string name, string value) => Read(
        [
            "GATEWAY_Bus__Namespace and GATEWAY_Bus__ConnectionString are not for the Functions: Bus__fullyQualifiedNamespace names the bus for the triggers and for us",
            "Bus__fullyQualifiedNamespace is missing",
            "GATEWAY_Bus__TryTimeout must be between 1 second and 2 minutes",
        ],
        (name, value), ("GATEWAY_Bus__TryTimeout", "00:03:00"), ("GATEWAY_Storage__ConnectionString", "UseDevelopmentStorage=true"));

    [Fact]
    public void A_key_of_a_real_namespace_is_refused_and_not_repeated() => Read(
        ["Bus is for emulators only (UseDevelopmentEmulator=true); a real namespace needs Bus__fullyQualifiedNamespace"],
        ("Bus", "Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=hunter2"), ("GATEWAY_Storage__ConnectionString", "UseDevelopmentStorage=true"));

    [Fact]
    public void The_bus_is_named_once() => Read(
        ["Bus and Bus__fullyQualifiedNamespace do not go together"],
        ("Bus", Emulator), ("Bus__fullyQualifiedNamespace", "a.servicebus.windows.net"), ("GATEWAY_Storage__ConnectionString", "UseDevelopmentStorage=true"));

    [Fact]
    public void The_example_of_local_settings_is_without_problems()
    {
        var example = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "functions", "Gateway.Functions", "local.settings.json.example")))!;
        Assert.False((bool)example["IsEncrypted"]!);
        var values = example["Values"]!.AsObject().ToDictionary(value => value.Key, value => (string)value.Value!);
        Assert.Equal("dotnet-isolated", values["FUNCTIONS_WORKER_RUNTIME"]);
        Assert.Equal("UseDevelopmentStorage=true", values["AzureWebJobsStorage"]);
        var settings = Read([], [.. values.Select(value => (value.Key, value.Value))]);
        Assert.NotNull(settings.Bus.ConnectionString);
        Assert.NotNull(settings.Storage.ConnectionString);
    }

    [Fact]
    public void Local_settings_stay_out_of_the_repository() =>
        Assert.Contains("local.settings.json", File.ReadAllLines(Path.Combine(Repository.Root, ".gitignore")));

    [Fact]
    public async Task The_program_says_what_is_wrong_line_by_line_and_ends()
    {
        var (exitCode, output, error) = await BuiltApp.RunAsync(
            Path.GetDirectoryName(BuiltApp.Path)!,
            new() { ["GATEWAY_Storage__BlobEndpoint"] = "http://hunter2/", ["GATEWAY_Bus__Namespace"] = "hunter2.servicebus.windows.net" },
            BuiltApp.Path);
        Assert.Equal(3, exitCode);
        Assert.Equal("", output);
        Assert.Equal(
            """
            gateway: GATEWAY_Storage__BlobEndpoint must be an https URL: a token may not travel in plain text
            gateway: GATEWAY_Storage__TableEndpoint is missing
            gateway: GATEWAY_Bus__Namespace and GATEWAY_Bus__ConnectionString are not for the Functions: Bus__fullyQualifiedNamespace names the bus for the triggers and for us
            gateway: Bus__fullyQualifiedNamespace is missing

            """,
            error,
            ignoreLineEndingDifferences: true);
    }

    private static FunctionSettings Read(string[] problems, params (string Name, string Value)[] variables)
    {
        var environment = new Hashtable();
        foreach (var (name, value) in variables)
        {
            environment[name] = value;
        }

        var settings = FunctionSettings.Read(environment, out var found);
        Assert.Equal(problems.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(found, problem => problem.Contains("hunter2", StringComparison.Ordinal));
        return settings;
    }
}
