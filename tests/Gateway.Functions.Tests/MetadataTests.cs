using System.Text.Json.Nodes;
using Gateway.Azure;

namespace Gateway.Functions.Tests;

/// <summary>What the Functions host is told about the functions.</summary>
public sealed class MetadataTests
{
    private static string Golden => Path.Combine(Repository.Root, "tests", "Gateway.Functions.Tests", "Golden", "functions.json");

    /// <summary>One text with the stand-in and with the package: the tests run in both modes (.github/workflows/official.yml).</summary>
    [Fact]
    public void The_host_is_told_what_the_golden_file_says()
    {
        var now = new JsonArray([.. Functions()]).ToJsonString(new() { WriteIndented = true, NewLine = "\n" }) + "\n";
        if (Environment.GetEnvironmentVariable("GATEWAY_UPDATE_GOLDEN") is { Length: > 0 })
        {
            File.WriteAllText(Golden, now);
        }

        Assert.True(
            now == File.ReadAllText(Golden),
            $"functions.metadata is not what {Golden} holds. Where that is meant, run these tests with GATEWAY_UPDATE_GOLDEN=1 and read the difference: a deployed app is told it. It is now:\n{now}");
    }

    [Fact]
    public void Each_queue_has_a_function_and_a_watcher_of_its_dead_letters_and_no_other_queue_has()
    {
        var queues = Functions().SelectMany(function => function["bindings"]!.AsArray()).Select(binding => (string?)binding!["queueName"]).OfType<string>();
        string[] ours = [QueueNames.Received, QueueNames.Inspected, QueueNames.Deliveries];
        Assert.Equal(ours.SelectMany(queue => (string[])[queue, queue + StageTriggers.DeadLetters]).Order(StringComparer.Ordinal), queues.Order(StringComparer.Ordinal));
    }

    private static List<JsonNode> Functions() =>
        [.. JsonNode.Parse(File.ReadAllText(BuiltApp.File("functions.metadata")))!.AsArray().Select(function => function!.DeepClone()).OrderBy(function => (string?)function["name"], StringComparer.Ordinal)];
}
