using System.Text.RegularExpressions;
using Gateway.Azure;
using Gateway.Core.Events;

namespace Gateway.Infra.Tests.Bicep;

/// <summary>What the programs look for is what infra makes.</summary>
public partial class NameTests(InfraFixture infra)
{
    private static readonly StorageClients Storage = new(new StorageOptions { ConnectionString = "UseDevelopmentStorage=true" }, credential: null);

    [Fact]
    public void Queues_are_those_of_the_programs() => Assert.Equal(
        Enum.GetValues<StageQueue>().Select(QueueNames.Of),
        infra.ContainerApp.All("Microsoft.ServiceBus/namespaces/queues").Select(queue => queue.LastName));

    [Fact]
    public void Containers_are_those_of_the_programs() => Assert.Equal(
        [Storage.Raw.Name, Storage.Parts.Name, Storage.Kept.Name, Storage.Config.Name],
        infra.ContainerApp.All("Microsoft.Storage/storageAccounts/blobServices/containers").Where(container => container.Name.StartsWith("stmail", StringComparison.Ordinal)).Select(container => container.LastName));

    [Fact]
    public void The_table_is_that_of_the_programs() =>
        Assert.Equal(Storage.Table("state").Name, infra.ContainerApp.One("Microsoft.Storage/storageAccounts/tableServices/tables").LastName);

    /// <summary>What is too long or holds a wrong character compiles, and fails when it is deployed.</summary>
    [Theory]
    [InlineData("Microsoft.Storage/storageAccounts", @"\A[a-z0-9]{3,24}\z")]
    [InlineData("Microsoft.KeyVault/vaults", @"\A[a-z][a-z0-9-]{1,22}[a-z0-9]\z")]
    [InlineData("Microsoft.ContainerRegistry/registries", @"\A[a-z0-9]{5,50}\z")]
    [InlineData("Microsoft.ServiceBus/namespaces", @"\A[a-z][a-z0-9-]{4,48}[a-z0-9]\z")]
    [InlineData("Microsoft.Web/sites", @"\A[a-z0-9-]{2,60}\z")]
    [InlineData("Microsoft.App/managedEnvironments", @"\A[a-z][a-z0-9-]{0,58}[a-z0-9]\z")]
    [InlineData("Microsoft.App/containerApps", @"\A[a-z][a-z0-9-]{0,30}[a-z0-9]\z")]
    public void Names_are_such_as_Azure_takes(string type, string pattern) =>
        Assert.All(infra.All.SelectMany(deployment => deployment.Resources).Where(resource => resource.Type == type), resource => Assert.Matches(pattern, resource.Name));

    [Fact]
    public void Names_that_all_of_Azure_shares_hold_the_environments_token()
    {
        string[] shared = ["Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults", "Microsoft.ContainerRegistry/registries", "Microsoft.ServiceBus/namespaces", "Microsoft.Web/sites"];

        Assert.All(infra.ContainerApp.Resources.Where(resource => shared.Contains(resource.Type)), resource => Assert.Matches(Token(), resource.Name));
    }

    [GeneratedRegex(@"[a-z0-9]{13}\z")]
    private static partial Regex Token();
}
