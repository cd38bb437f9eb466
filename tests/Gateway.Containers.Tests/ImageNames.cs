namespace Gateway.Containers.Tests;

/// <summary>Images by the environment, GATEWAY_TEST_IMAGE_*; each is the official one when its variable is not set.</summary>
internal static class ImageNames
{
    /// <summary>Some have gigabytes.</summary>
    private static readonly TimeSpan PullLimit = TimeSpan.FromMinutes(10);

    /// <summary>What the gateway is built in; null: what the Dockerfile says.</summary>
    public static string? Sdk => Given("SDK");

    /// <summary>What the gateway runs on; null: what the Dockerfile says.</summary>
    public static string? Runtime => Given("RUNTIME");

    public static string Azurite => Given("AZURITE") ?? "mcr.microsoft.com/azure-storage/azurite:latest";

    public static string ServiceBus => Given("SERVICEBUS") ?? "mcr.microsoft.com/azure-messaging/servicebus-emulator:latest";

    /// <summary>The emulator of Service Bus keeps its queues there.</summary>
    public static string SqlServer => Given("SQL") ?? "mcr.microsoft.com/mssql/server:2022-latest";

    /// <summary>Pulls it if it is not here; skips the test when it cannot be had.</summary>
    public static async Task RequireAsync(string image)
    {
        var cancel = TestContext.Current.CancellationToken;
        if ((await DockerEngine.TryAsync(["image", "inspect", image], cancel)).ExitCode == 0)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(PullLimit);
        string? problem;
        try
        {
            var (exitCode, _, errors) = await DockerEngine.TryAsync(["pull", "--quiet", image], limit.Token);
            problem = exitCode == 0 ? null : errors.Trim();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            problem = $"not within {PullLimit.TotalMinutes} minutes";
        }

        Assert.SkipWhen(problem is not null, $"The image {image} is not to be had: {problem}");
    }

    private static string? Given(string name) => Environment.GetEnvironmentVariable($"GATEWAY_TEST_IMAGE_{name}") is { Length: > 0 } image ? image : null;
}
