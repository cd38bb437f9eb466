using System.Globalization;
using System.Text.Json.Nodes;
using Azure.Messaging.ServiceBus;
using Azure.Storage.Blobs;
using Gateway.Azure;
using Gateway.Core.Events;
using Gateway.EndToEnd.Tests.Crash;
using Gateway.Testing.Azurite;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>Blobs or tables cannot be had, for long, or for ever.</summary>
internal static class StoreFaults
{
    private const int Few = 10;

    /// <summary>A request of many that fails is enough; the SDK's own tries would only take time.</summary>
    public static readonly Dictionary<string, string> Impatient = new() { ["GATEWAY_Storage__MaxRetries"] = "0" };

    public static IEnumerable<FunctionFault> All =>
    [
        new("blobs down for long", LoseBlobsAsync) { Least = 6 * Few, Stores = true },
        new("tables down for long", LoseTablesAsync) { Least = 2 * Few },
        new("surroundings failed for three days", FailForDaysAsync)
        {
            Least = Few, Doomed = Few, DeadBecause = ["The queue gave it up: Its surroundings failed for 3 days; the last time: unavailable"],
        },
        new("raw gone before Inspect", LoseRawAsync) { DeadBecause = ["The raw message is gone"] },
        new("content gone before Deliver", LoseContentAsync) { DeadBecause = ["The raw message and its content are gone"], Answers = FailFirst },
    ];

    public static bool ReadsRaw(HttpRequest request) => request.Method == "GET" && IsIn(request, "raw");

    public static bool ReadsParts(HttpRequest request) => request.Method == "GET" && IsIn(request, "parts");

    public static bool WritesKept(HttpRequest request) => request.Method == "PUT" && IsIn(request, "kept");

    /// <summary>And asks to be left alone for an hour, so that what is to be looked at in the meantime does not run away.</summary>
    public static Task<int> FailFirst(FarmRequest request) => Fail(request, times: 1);

    /// <inheritdoc cref="FailFirst"/>
    public static Task<int> Fail(FarmRequest request, int times)
    {
        if (request.Number > times)
        {
            return Task.FromResult(200);
        }

        request.Http.Response.Headers.RetryAfter = "3600";
        return Task.FromResult(503);
    }

    /// <summary>With a route that stores each message, and lets it go on.</summary>
    public static JsonObject Storing(JsonObject document)
    {
        document["routes"]!.AsArray().Add(new JsonObject
        {
            ["id"] = "keep",
            ["priority"] = 0,
            ["match"] = new JsonObject(),
            ["actions"] = new JsonArray(new JsonObject { ["store"] = new JsonObject() }),
        });
        return document;
    }

    /// <summary>Each stage in its turn is put off, and put off again.</summary>
    private static async Task<int> LoseBlobsAsync(Bench bench)
    {
        Func<HttpRequest, bool> down = ReadsRaw;
        var fault = bench.Site.Blobs.Next(FaultKind.CutBefore, int.MaxValue, request => Volatile.Read(ref down)(request));
        await bench.WorkAsync(Impatient);
        await bench.SendAsync(Few);
        await bench.JumpUntilAsync(() => bench.PutOff(QueueNames.Received) >= 2 * Few, "Inspect to be put off");
        Volatile.Write(ref down, WritesKept);
        await bench.JumpUntilAsync(() => bench.PutOff(QueueNames.Inspected) >= 2 * Few, "Route to be put off");
        Volatile.Write(ref down, ReadsParts);
        await bench.JumpUntilAsync(() => bench.PutOff(QueueNames.Deliveries) >= 2 * Few, "Deliver to be put off");
        Volatile.Write(ref down, _ => false);
        return fault.Hits;
    }

    /// <summary>No log can be written, and nobody knows whether an endpoint is parked.</summary>
    private static async Task<int> LoseTablesAsync(Bench bench)
    {
        await bench.ServeAsync();
        bench.Site.Tables.IsDown = true;
        await bench.WorkAsync(Impatient);
        await bench.SendAsync(Few);
        await bench.JumpUntilAsync(() => bench.PutOff(QueueNames.Deliveries) >= 2 * Few, "Deliver to be put off");
        Assert.Empty(bench.Farm.Deliveries);
        bench.Site.Tables.IsDown = false;
        return bench.PutOff(QueueNames.Deliveries);
    }

    /// <summary>What was put off for the first time three days ago: the next failure is the last. Then the watcher cannot copy either, for a while.</summary>
    private static async Task<int> FailForDaysAsync(Bench bench)
    {
        await bench.SendAsync(Few, DataSite.MailboxOf(0));
        Assert.Equal(Few, await bench.DoomAllAsync(StageQueue.Received));
        await AgeAsync(bench, TimeSpan.FromHours(73));
        var fault = bench.Site.Blobs.Next(FaultKind.CutBefore, int.MaxValue, request => ReadsRaw(request) || WritesKept(request));
        await bench.WorkAsync(Impatient);
        await bench.UntilAsync(() => bench.CountsOf(QueueNames.Received) is { Active: 0, Locked: 0, Scheduled: 0 }, "all events to be given up");
        Assert.Equal(0, bench.PutOff(QueueNames.Received));
        bench.Site.Blobs.Clear();
        return fault.Hits;
    }

    /// <summary>Puts copies in the place of the events, as they would be after so long: the time is the worker's, and no test can move its clock.</summary>
    private static async Task AgeAsync(Bench bench, TimeSpan age)
    {
        await using var client = bench.Client();
        await using var receiver = client.CreateReceiver(QueueNames.Received);
        await using var sender = client.CreateSender(QueueNames.Received);
        for (var left = Few; left > 0; left--)
        {
            var message = await receiver.ReceiveMessageAsync(cancellationToken: bench.Cancel);
            var copy = new ServiceBusMessage(message) { MessageId = $"{message.MessageId}~700" };
            copy.ApplicationProperties["gateway-postponed"] = 700;
            copy.ApplicationProperties["gateway-first-failed"] = (DateTimeOffset.UtcNow - age).ToString("O", CultureInfo.InvariantCulture);
            await sender.SendMessageAsync(copy, bench.Cancel);
            await receiver.CompleteMessageAsync(message, bench.Cancel);
        }
    }

    private static async Task<int> LoseRawAsync(Bench bench)
    {
        await bench.SendAsync(Few, "box0@in.example.com");
        var deleted = await DeleteAllAsync(bench, StageQueue.Received);
        await bench.WorkAsync();
        return deleted;
    }

    /// <summary>Between the first attempt of each delivery and the second.</summary>
    private static async Task<int> LoseContentAsync(Bench bench)
    {
        await bench.WorkAsync();
        await bench.SendAsync(Few);
        await bench.UntilAsync(() => bench.CountsOf(QueueNames.Deliveries) is { IsIdle: true } counts && counts.Scheduled == bench.Accepted.Values.Sum(message => message.Recipients.Count), "all first attempts");
        return await DeleteAllAsync(bench, StageQueue.Deliveries);
    }

    private static async Task<int> DeleteAllAsync(Bench bench, StageQueue before)
    {
        var deleted = 0;
        foreach (var container in before == StageQueue.Received ? [bench.Site.Storage.Raw] : (BlobContainerClient[])[bench.Site.Storage.Raw, bench.Site.Storage.Parts])
        {
            await foreach (var blob in container.GetBlobsAsync(cancellationToken: bench.Cancel))
            {
                await container.DeleteBlobAsync(blob.Name, cancellationToken: bench.Cancel);
                deleted++;
            }
        }

        return deleted;
    }

    /// <summary>About a blob, and not about its container.</summary>
    private static bool IsIn(HttpRequest request, string container) =>
        request.Path.Value!.Split('/') is [_, _, var name, _, ..] && name.EndsWith(container, StringComparison.Ordinal);
}
