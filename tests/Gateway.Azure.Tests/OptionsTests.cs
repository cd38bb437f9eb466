namespace Gateway.Azure.Tests;

/// <summary>Settings: every mistake is told, all at once, and never with what was typed.</summary>
public sealed class OptionsTests
{
    private const string Key = "AccountKey=hunter2hunter2";

    [Fact]
    public void Good_settings_have_no_problems()
    {
        Assert.Empty(new StorageOptions { BlobEndpoint = new("https://a.blob.core.windows.net/"), TableEndpoint = new("https://a.table.core.windows.net"), Prefix = "gw1" }.Problems());
        Assert.Empty(new StorageOptions { ConnectionString = "UseDevelopmentStorage=true" }.Problems());
        Assert.Empty(new StorageOptions { ConnectionString = $"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;{Key}==" }.Problems());
        Assert.Empty(new BusOptions { Namespace = "a.servicebus.windows.net" }.Problems());
        Assert.Empty(new BusOptions { ConnectionString = "Endpoint=sb://localhost;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true;" }.Problems());
        Assert.Empty(new CredentialOptions().Problems());
        Assert.Empty(new CredentialOptions { ClientId = "11111111-1111-1111-1111-111111111111" }.Problems());
        Assert.Empty(new KeyVaultOptions().Problems());
        Assert.Empty(new KeyVaultOptions { Endpoint = new("https://a.vault.azure.net/") }.Problems());
    }

    [Fact]
    public void Storage_without_anything_misses_both_endpoints() => Assert.Equal(["Storage:BlobEndpoint", "Storage:TableEndpoint"], Names(new StorageOptions().Problems()));

    [Fact]
    public void Every_mistake_of_storage_is_told_at_once()
    {
        var options = new StorageOptions
        {
            BlobEndpoint = new("http://hunter2.blob.core.windows.net/"),
            TableEndpoint = new("https://a.table.core.windows.net/?sig=hunter2"),
            Prefix = "Hunter2",
            TryTimeout = TimeSpan.Zero,
            MaxRetries = 11,
        };
        Assert.Equal(["Storage:BlobEndpoint", "Storage:TableEndpoint", "Storage:Prefix", "Storage:TryTimeout", "Storage:MaxRetries"], Names(options.Problems()));
        options.ConnectionString = $"AccountName=real;{Key}";
        Assert.Equal(["Storage", "Storage:ConnectionString", "Storage:Prefix", "Storage:TryTimeout", "Storage:MaxRetries"], Names(options.Problems()));
    }

    [Theory]
    [InlineData("https://user:hunter2@a.blob.core.windows.net/")]
    [InlineData("https://a.blob.core.windows.net/#hunter2")]
    [InlineData("hunter2")]
    public void An_endpoint_is_an_https_url_and_nothing_else(string endpoint)
    {
        var uri = new Uri(endpoint, UriKind.RelativeOrAbsolute);
        Assert.Equal(["Storage:BlobEndpoint", "Storage:TableEndpoint"], Names(new StorageOptions { BlobEndpoint = uri, TableEndpoint = uri }.Problems()));
        Assert.Equal(["KeyVault:Endpoint"], Names(new KeyVaultOptions { Endpoint = uri }.Problems()));
    }

    [Theory]
    [InlineData("1a")]
    [InlineData("a-b")]
    [InlineData("aB")]
    [InlineData("abcdefghijklmnopqrstu")]
    public void A_prefix_fits_containers_and_tables(string prefix) =>
        Assert.Equal(["Storage:Prefix"], Names(new StorageOptions { ConnectionString = "UseDevelopmentStorage=true", Prefix = prefix }.Problems()));

    [Fact]
    public void Every_mistake_of_the_bus_is_told_at_once()
    {
        Assert.Equal(["Bus:Namespace"], Names(new BusOptions().Problems()));
        var options = new BusOptions { Namespace = "hunter2", TryTimeout = TimeSpan.FromMinutes(3), MaxRetries = -1 };
        Assert.Equal(["Bus:Namespace", "Bus:TryTimeout", "Bus:MaxRetries"], Names(options.Problems()));
        options.ConnectionString = "Endpoint=sb://a.servicebus.windows.net/;SharedAccessKey=hunter2";
        Assert.Equal(["Bus", "Bus:ConnectionString", "Bus:TryTimeout", "Bus:MaxRetries"], Names(options.Problems()));
        Assert.Equal(["Bus:Namespace"], Names(new BusOptions { Namespace = "https://a.servicebus.windows.net/hunter2" }.Problems()));
    }

    [Theory]
    [InlineData("AccountName=devstoreaccount1")]
    [InlineData("AccountName=devstoreaccount1;AccountKey=hunter2!;BlobEndpoint=http://127.0.0.1:1/a;TableEndpoint=http://127.0.0.1:2/a")]
    [InlineData("UseDevelopmentStorage=true;hunter2")]
    public void A_connection_string_of_storage_that_no_client_takes_is_a_mistake(string text) =>
        Assert.Equal(["Storage:ConnectionString"], Names(new StorageOptions { ConnectionString = text }.Problems()));

    [Theory]
    [InlineData("UseDevelopmentEmulator=true")]
    [InlineData("Endpoint=sb://127.0.0.1;SharedAccessKeyName=hunter2;UseDevelopmentEmulator=true")]
    [InlineData("Endpoint=sb://127.0.0.1;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=hunter2;UseDevelopmentEmulator=true")]
    public void A_connection_string_of_the_bus_that_no_client_takes_is_a_mistake(string text) =>
        Assert.Equal(["Bus:ConnectionString"], Names(new BusOptions { ConnectionString = text }.Problems()));

    [Fact]
    public void Every_mistake_of_the_credential_and_the_vault_is_told_at_once()
    {
        Assert.Equal(["Credential:ClientId", "Credential:ClientId"], Names(new CredentialOptions { Kind = CredentialKind.AzureCli, ClientId = "hunter2" }.Problems()));
        Assert.Equal(
            ["KeyVault:Endpoint", "KeyVault:TryTimeout", "KeyVault:MaxRetries"],
            Names(new KeyVaultOptions { Endpoint = new("https://a.vault.azure.net/secrets/hunter2"), TryTimeout = TimeSpan.Zero, MaxRetries = 11 }.Problems()));
    }

    [Fact]
    public void Each_kind_of_credential_is_made()
    {
        foreach (var kind in Enum.GetValues<CredentialKind>())
        {
            Assert.StartsWith(kind.ToString(), new CredentialOptions { Kind = kind }.Create().GetType().Name, StringComparison.Ordinal);
        }
    }

    /// <summary>The settings that the problems are about.</summary>
    private static string[] Names(IEnumerable<string> problems)
    {
        var all = problems.ToArray();
        Assert.All(all, problem => Assert.DoesNotContain("hunter2", problem, StringComparison.OrdinalIgnoreCase));
        return [.. all.Select(problem => problem.Split(' ')[0].TrimEnd(':'))];
    }
}
