using System.Text;
using System.Text.Json.Nodes;
using Gateway.Azure.Tables;
using Gateway.Core.Ports;
using Gateway.Core.Tests;
using Gateway.EndToEnd.Tests.Serving.Telemetry;
using Microsoft.Extensions.Logging;

namespace Gateway.EndToEnd.Tests.Serving;

/// <summary>What the Functions app does by timer.</summary>
public sealed class UpkeepTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sweep_deletes_what_has_expired_and_says_how_much_and_keeps_the_rest()
    {
        await using var site = await AzureSite.StartAsync(EmbeddedGateway.ToEndpoints());
        var state = new TableStateStore(site.Storage, TimeProvider.System);
        var now = TimeProvider.System.GetUtcNow();
        foreach (var (id, expires) in ((string, DateTimeOffset?)[])[("old", now.AddMinutes(-1)), ("older", now.AddDays(-40)), ("later", now.AddHours(1)), ("never", null)])
        {
            Assert.NotNull(await state.PutAsync(new("dead-letter", id), Encoding.UTF8.GetBytes(id), expires, StateCondition.Absent, Cancel));
        }

        await using var functions = await site.RunFunctionsAsync();
        AssertDescribed(functions.MetadataJson);
        await functions.InvokeTimerAsync("Sweep", Cancel);
        Assert.Equal(1, functions.CountsOf("Sweep").Succeeded);
        var line = Assert.Single(functions.Logs, line => line.Category == "Gateway.Functions.Upkeep");
        Assert.Equal((LogLevel.Information, "Deleted 2 expired states and 0 tables of old activity"), (line.Level, line.Text));
        Assert.Equal(["later", "never"], await RowsAsync(site));

        await functions.InvokeTimerAsync("Sweep", Cancel);
        Assert.Contains(functions.Logs, line => line.Text.StartsWith("Deleted 0 expired states", StringComparison.Ordinal));
        Assert.Equal(["later", "never"], await RowsAsync(site));
    }

    [Fact]
    public async Task Measure_tells_how_long_an_event_waits_that_no_function_takes()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var collector = await Collector.StartAsync();
        await using var site = await AzureSite.StartAsync(EmbeddedGateway.ToEndpoints(("app", receiver.Url)));
        await using var serve = await site.ServeWithoutStagesAsync();
        using (var smtp = await RawSmtp.ConnectAsync(serve.SmtpEndpoint))
        {
            Assert.StartsWith("250 ", await smtp.SendMessageAsync("alice@example.org", ["bob@in.example.com"], "Subject: x\r\n\r\nx\r\n"u8.ToArray()), StringComparison.Ordinal);
        }

        await using var functions = await site.RunFunctionsAsync(new Dictionary<string, string>(collector.OtlpSettings) { ["AzureWebJobs.Inspect.Disabled"] = "true" });
        await functions.InvokeTimerAsync("Measure", Cancel);
        await functions.StopAsync(TimeSpan.FromSeconds(30)); // then all that is told is told
        Assert.Equal(1, site.Broker.CountsOf("received").Active);
        var ages = collector.Points.Where(point => point.Metric == "gateway.azure.queue.oldest")
            .GroupBy(point => Assert.Single(point.Tags), StringComparer.Ordinal).ToDictionary(points => points.Key, points => points.Last().Value); // some are told more than once
        Assert.Equal(["queue=deliveries", "queue=inspected", "queue=received"], ages.Keys.Order());
        Assert.True(ages["queue=received"] > 0, $"An event waits, and its age is {ages["queue=received"]}");
        Assert.Equal((0, 0), (ages["queue=inspected"], ages["queue=deliveries"]));
        Assert.Empty(receiver.All);
    }

    /// <summary>A host in Azure asks the worker what there is; it must answer as the file says that the build wrote, which a golden file holds.</summary>
    private static void AssertDescribed(string answer)
    {
        var path = Path.Combine(Repository.Root, "tests", "Gateway.Functions.Tests", "Golden", "functions.json");
        var golden = JsonNode.Parse(File.ReadAllText(path))!.AsArray();
        var expected = new JsonObject(golden.Select(function => KeyValuePair.Create((string)function!["name"]!, (JsonNode?)function["bindings"]!.DeepClone())));
        foreach (var binding in expected.SelectMany(function => function.Value!.AsArray()).Select(binding => binding!.AsObject()).Where(binding => binding["properties"] is JsonObject { Count: 0 }))
        {
            binding.Remove("properties"); // the worker says nothing of what is empty
        }

        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(answer)), $"The worker says, and {path} does not:\n{answer}");
    }

    /// <summary>Expired or not: what the store itself shows leaves out what has expired.</summary>
    private static async Task<IReadOnlyList<string>> RowsAsync(AzureSite site)
    {
        var rows = new List<string>();
        await foreach (var row in site.Storage.Table("state").QueryAsync<global::Azure.Data.Tables.TableEntity>(cancellationToken: Cancel))
        {
            rows.Add(row.RowKey);
        }

        return [.. rows.Order(StringComparer.Ordinal)];
    }
}
