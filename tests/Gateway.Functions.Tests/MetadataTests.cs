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

    /// <summary>The host reads them when it has started: a function whose schedule is wrong is then out of order, and a line in a log is all that tells it.</summary>
    [Fact]
    public void Each_schedule_is_one_that_the_host_can_read()
    {
        var schedules = Functions().SelectMany(function => function["bindings"]!.AsArray())
            .Where(binding => (string?)binding!["type"] == "timerTrigger").Select(binding => (string)binding!["schedule"]!).ToList();
        Assert.NotEmpty(schedules);
        Assert.All(schedules, schedule => Assert.Null(Schedule.Problem(schedule)));
    }

    [Theory]
    [InlineData("0 */5 1,13 1-15/2 * 1-5", null)]
    [InlineData("0 * * * *", "has 5 fields, not 6")]
    [InlineData("60 * * * * *", "second: 60 is not from 0 to 59")]
    [InlineData("0 0 24 * * *", "hour: 24 is not from 0 to 23")]
    [InlineData("0 0 0 0 * *", "day: 0 is not from 1 to 31")]
    [InlineData("0 0 0 * * 7", "day of the week: 7 is not from 0 to 6")]
    [InlineData("0 5-1 * * * *", "minute: 5-1 is no range")]
    [InlineData("0 */0 * * * *", "minute: 0 is no step")]
    [InlineData("0 x * * * *", "minute: x is no number")]
    [InlineData("0 , * * * *", "minute:  is no number")]
    public void What_is_wrong_with_a_schedule_is_found(string schedule, string? problem) => Assert.Equal(problem, Schedule.Problem(schedule));

    private static List<JsonNode> Functions() =>
        [.. JsonNode.Parse(File.ReadAllText(BuiltApp.File("functions.metadata")))!.AsArray().Select(function => function!.DeepClone()).OrderBy(function => (string?)function["name"], StringComparer.Ordinal)];
}
