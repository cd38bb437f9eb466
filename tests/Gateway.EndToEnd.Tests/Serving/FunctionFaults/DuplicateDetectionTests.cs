using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Messaging.ServiceBus;
using Gateway.Azure;
using Gateway.Core.Events;
using Gateway.EndToEnd.Tests.Crash;
using Gateway.Pipeline.Delivery;
using Gateway.Testing.Azurite;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>The queues drop what comes twice under one id within an hour. Nothing that has to come again may have an id that was there before.</summary>
[Collection(nameof(CrashTests))]
public sealed class DuplicateDetectionTests
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_hundred_recipients_by_two_routes_are_two_hundred_deliveries_over_all_retries()
    {
        await using var bench = await Bench.StartAsync(ToTwo, request => Task.FromResult(request.Number <= 2 ? 503 : 200));
        await bench.WorkAsync();
        await bench.SendAsync(1, [.. Enumerable.Range(0, 100).Select(number => $"box{number}@in.example.com")]);
        await bench.DrainAsync();

        Assert.Equal(200, bench.Farm.Deliveries.Count);
        Assert.All(bench.Farm.Deliveries.Values, delivery => Assert.Equal((3, 1), (delivery.Requests, delivery.Accepted)));
        Assert.Empty(await bench.DeadLettersAsync());
        Assert.InRange(bench.Jumped, TimeSpan.FromSeconds(1), Window);
    }

    [Fact]
    public async Task What_is_put_off_and_put_off_again_is_not_dropped()
    {
        await using var bench = await Bench.StartAsync(url => StoreFaults.Storing(DataSite.Document(url, "file:SECRET", edition: 0)));
        Func<HttpRequest, bool> down = StoreFaults.ReadsRaw;
        bench.Site.Blobs.Next(FaultKind.CutBefore, int.MaxValue, request => Volatile.Read(ref down)(request));
        await bench.WorkAsync(StoreFaults.Impatient);
        await bench.SendAsync(1, DataSite.MailboxOf(0));
        await bench.JumpUntilAsync(() => bench.PutOff(QueueNames.Received) >= 4, "Inspect to be put off");
        Volatile.Write(ref down, StoreFaults.WritesKept);
        await bench.JumpUntilAsync(() => bench.PutOff(QueueNames.Inspected) >= 4, "Route to be put off");
        Volatile.Write(ref down, _ => false);
        await bench.DrainAsync();

        Assert.Equal((1, 1), Assert.Single(bench.Farm.Deliveries.Values.Select(delivery => (delivery.Requests, delivery.Accepted))));
        Assert.InRange(bench.Jumped, TimeSpan.FromSeconds(1), Window);
    }

    [Fact]
    public async Task A_parked_delivery_is_not_dropped_nor_a_replay_and_the_same_event_is()
    {
        var isBack = false;
        await using var bench = await Bench.StartAsync(
            url => DataSite.Document(url, "file:SECRET", edition: 0), _ => Task.FromResult(Volatile.Read(ref isBack) ? 200 : 410));
        await bench.WorkAsync();
        await bench.SendAsync(1, DataSite.MailboxOf(0));
        await bench.UntilAsync(() => IsScheduled(bench), "a delivery that waits");
        var first = await PeekAsync(bench);
        for (var look = 1; look <= 3; look++)
        {
            var before = bench.Functions.CountsOf("Deliver").Succeeded;
            await bench.JumpUntilAsync(() => bench.Functions.CountsOf("Deliver").Succeeded > before && IsScheduled(bench), "another look");
        }

        Volatile.Write(ref isBack, true);
        await bench.Functions.StopAsync(TimeSpan.FromSeconds(20)); // it would believe for some seconds what it knows, and an hour would be over
        Assert.True(await new EndpointParking(bench.State(), TimeProvider.System).ResumeAsync("app0", bench.Cancel));
        await bench.WorkAsync();
        await bench.DrainAsync();
        var delivery = Assert.Single(bench.Farm.Deliveries.Values);
        Assert.Equal((2, 1), (delivery.Requests, delivery.Accepted)); // parked, it was not asked
        Assert.InRange(bench.Jumped, TimeSpan.FromMinutes(20), Window);

        await using var client = bench.Client();
        await using var sender = client.CreateSender(QueueNames.Deliveries);
        var item = JsonSerializer.Deserialize(first.Body.ToMemory().Span, EventJson.Relaxed.DeliveryEvent)!;
        await SendAsync(sender, item);
        await bench.DrainAsync();
        Assert.Equal(2, delivery.Requests); // the same event, and its id was there

        var replay = item with { Run = 1, Send = 0, Attempt = 0, ParkedSince = null };
        await SendAsync(sender, replay);
        await SendAsync(sender, replay);
        await bench.UntilAsync(() => bench.IsEmpty() && delivery.Accepted == 2, "the replay");
        Assert.Equal((1, 3), (bench.Farm.Deliveries.Count, delivery.Requests));

        async Task SendAsync(ServiceBusSender queue, DeliveryEvent what)
        {
            var message = StageMessage.Of(what);
            await queue.SendMessageAsync(new(message.Body) { MessageId = message.Id }, bench.Cancel);
        }
    }

    private static bool IsScheduled(Bench bench) => bench.CountsOf(QueueNames.Deliveries) is { IsIdle: true, Scheduled: 1 };

    private static async Task<ServiceBusReceivedMessage> PeekAsync(Bench bench)
    {
        await using var client = bench.Client();
        await using var receiver = client.CreateReceiver(QueueNames.Deliveries);
        return await receiver.PeekMessageAsync(cancellationToken: bench.Cancel);
    }

    private static JsonObject ToTwo(string url) => EmbeddedGateway.ToEndpoints(("a", new($"{url}/a")), ("b", new($"{url}/b")));
}
