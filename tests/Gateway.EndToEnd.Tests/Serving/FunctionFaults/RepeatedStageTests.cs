using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Gateway.Azure;
using Gateway.EndToEnd.Tests.Crash;
using Gateway.Pipeline.Routing;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>A stage that has sent everything and is not settled does all of it again: there is no second event, and what it wrote is what stood there.</summary>
[Collection(nameof(CrashTests))]
public sealed class RepeatedStageTests
{
    public static TheoryData<string> Stages => [QueueNames.Received, QueueNames.Inspected, QueueNames.Deliveries];

    /// <summary>The bus has taken what the stage sent and does not say so: there the lock is lost.</summary>
    [Theory, Trait("Category", "slow")]
    [MemberData(nameof(Stages))]
    public async Task Done_again_after_its_lock_was_lost_it_sends_nothing_new(string queue)
    {
        await using var bench = await Bench.StartAsync(Document, request => StoreFaults.Fail(request, Failures(queue)));
        bench.Broker.Faults.DelayAnswers(TimeSpan.FromSeconds(10), NextOf(queue));
        await WorkUpToAsync(bench, queue, crash: false);
        await bench.SendAsync(1, DataSite.MailboxOf(0));
        await bench.UntilAsync(() => Sent(bench, queue) == 1, "what the stage sends");
        var written = await WrittenAsync(bench);
        Assert.NotEmpty(written);

        Assert.Equal(1, bench.Broker.Faults.ExpireLocks(queue)); // before the delay ends: it could be settled
        bench.Broker.Faults.DelayAnswers(TimeSpan.Zero, NextOf(queue));
        await bench.UntilAsync(() => bench.Functions.CountsOf(FunctionOf(queue)) is { Started: 2, Succeeded: 2 }, "the stage to be done again");
        Assert.Equal(0, bench.PutOff(queue));
        Assert.Equal(1, Sent(bench, queue));
        Assert.Equal(written, await WrittenAsync(bench));
        await EndsAsync(bench, queue);
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task Done_again_after_its_worker_was_killed_it_sends_nothing_new(string queue)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGKILL");
        await using var bench = await Bench.StartAsync(Document, request => StoreFaults.Fail(request, Failures(queue)));
        await WorkUpToAsync(bench, queue, crash: true);
        await bench.SendAsync(1, DataSite.MailboxOf(0));
        await bench.UntilAsync(() => bench.Functions.CountsOf(FunctionOf(queue)) is { Failed: 1, Succeeded: 1 }, "the stage to be done again");
        Assert.Equal(2, bench.Functions.WorkerStarts);
        Assert.Equal(1, Sent(bench, queue));
        await EndsAsync(bench, queue);
    }

    /// <summary>What comes behind the stage is off, so that what the stage sent stays where it is.</summary>
    private static Task WorkUpToAsync(Bench bench, string queue, bool crash)
    {
        // A send that waits for its answer only waits: given up or repeated, it would be another matter.
        var settings = new Dictionary<string, string> { ["GATEWAY_Bus__TryTimeout"] = "00:00:30", ["GATEWAY_Bus__MaxRetries"] = "0" };
        if (queue != QueueNames.Deliveries)
        {
            settings[$"AzureWebJobs.{(queue == QueueNames.Received ? "Route" : "Deliver")}.Disabled"] = "true";
        }

        return bench.WorkAsync(settings, crash ? ($"stage.done@{char.ToUpperInvariant(queue[0])}{queue[1..]}", 1) : null);
    }

    /// <summary>The rest of the way, with every stage on.</summary>
    private static async Task EndsAsync(Bench bench, string queue)
    {
        if (queue != QueueNames.Deliveries)
        {
            await bench.Functions.StopAsync(TimeSpan.FromSeconds(20));
            await bench.WorkAsync();
        }

        await bench.DrainAsync();
        var delivery = Assert.Single(bench.Farm.Deliveries.Values);
        Assert.Equal(1, delivery.Accepted);
        Assert.Equal(Failures(queue) + 1, delivery.Requests);
        Assert.Empty(await bench.DeadLettersAsync());
    }

    /// <summary>Deliver has an event to send when it is to try again; done again it must fail again, or there is nothing to compare.</summary>
    private static int Failures(string queue) => queue == QueueNames.Deliveries ? 2 : 1;

    private static int Sent(Bench bench, string queue) =>
        bench.CountsOf(NextOf(queue)) is var counts && queue == QueueNames.Deliveries ? counts.Scheduled : counts.Active;

    private static string NextOf(string queue) => queue == QueueNames.Received ? QueueNames.Inspected : QueueNames.Deliveries;

    private static string FunctionOf(string queue) => queue switch
    {
        QueueNames.Received => "Inspect",
        QueueNames.Inspected => "Route",
        _ => "Deliver",
    };

    /// <summary>Every blob by its octets, and every record but for its time.</summary>
    private static async Task<IReadOnlyList<string>> WrittenAsync(Bench bench)
    {
        var all = new List<string>();
        foreach (var container in (BlobContainerClient[])[bench.Site.Storage.Raw, bench.Site.Storage.Parts, bench.Site.Storage.Kept])
        {
            await foreach (var blob in container.GetBlobsAsync(cancellationToken: bench.Cancel))
            {
                var content = await container.GetBlobClient(blob.Name).DownloadContentAsync(bench.Cancel);
                all.Add($"{container.Name}/{blob.Name}: {Convert.ToHexString(SHA256.HashData(content.Value.Content.ToMemory().Span))}");
            }
        }

        await foreach (var entry in bench.StatesAsync(KeptRecord.Stored))
        {
            var record = JsonNode.Parse(entry.Value.Span)!;
            record["at"] = null;
            all.Add($"{entry.Key}: {record.ToJsonString()}");
        }

        return all;
    }

    private static JsonObject Document(string url) => StoreFaults.Storing(DataSite.Document(url, "file:SECRET", edition: 0));
}
