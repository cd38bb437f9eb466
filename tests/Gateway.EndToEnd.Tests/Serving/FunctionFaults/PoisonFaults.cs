using System.Security.Cryptography;
using System.Text;
using Gateway.Azure;
using Gateway.Core;
using Gateway.Core.Events;
using Gateway.Testing.Azurite;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>Events that nobody can work on: each must end as a record with its reason, and nothing of it may be left in a queue.</summary>
internal static class PoisonFaults
{
    private const int HandedOutAtMost = 10;
    private const string GivenUp = "The queue gave it up: MaxDeliveryCountExceeded";

    public static IEnumerable<FunctionFault> All =>
    [
        new("poison events", SendPoisonAsync)
        {
            Doomed = 12,
            Least = 12,
            DeadBecause = ["Not a ReceivedEvent", "Not a InspectedEvent", "Not a DeliveryEvent"],
        },
        new("events of a newer version", SendNewerAsync)
        {
            Doomed = 3,
            Least = 3,
            DeadBecause =
            [
                "ReceivedEvent of version 2; this program reads up to 1",
                "InspectedEvent of version 2; this program reads up to 1",
                "DeliveryEvent of version 2; this program reads up to 1",
            ],
        },
        Failing("Inspect", QueueNames.Received, StoreFaults.ReadsRaw),
        Failing("Route", QueueNames.Inspected, StoreFaults.WritesKept) with { Stores = true },
        Failing("Deliver", QueueNames.Deliveries, StoreFaults.ReadsParts),
        new("dead letters while tables are down", BuryWithoutTablesAsync) { Doomed = 3, Least = 6, DeadBecause = ["The queue gave it up: by hand"] },
    ];

    private static async Task<int> SendPoisonAsync(Bench bench)
    {
        await bench.WorkAsync();
        var garbage = RandomNumberGenerator.GetBytes(200_000);
        foreach (var queue in Enum.GetValues<StageQueue>())
        {
            foreach (var body in (byte[][])["no JSON"u8.ToArray(), """{"hello":[1,2,3]}"""u8.ToArray(), [], garbage])
            {
                await bench.DoomAsync(queue, body);
            }
        }

        return 12;
    }

    private static async Task<int> SendNewerAsync(Bench bench)
    {
        await bench.WorkAsync();
        var (received, inspected, delivery) = EventsOfNobody(version: 2);
        foreach (var message in (StageMessage[])[StageMessage.Of(received), StageMessage.Of(inspected), StageMessage.Of(delivery)])
        {
            await bench.DoomAsync(message.Queue, message.Body.ToArray(), message.MessageId);
        }

        return 3;
    }

    /// <summary>
    /// A store says that our request is wrong, so nothing is put off. Each handing-out fails, and while its pause lasts the lock is lost: so ten are over in
    /// a moment, and the queue gives the event up.
    /// </summary>
    private static FunctionFault Failing(string stage, string queue, Func<HttpRequest, bool> matches) => new($"{stage} fails ten times", async bench =>
    {
        var fault = bench.Site.Blobs.Next(FaultKind.Invalid, int.MaxValue, matches);
        await bench.WorkAsync();
        await bench.SendAsync(1, "box0@in.example.com");
        for (var failed = 0; failed < HandedOutAtMost;)
        {
            bench.Broker.Faults.ExpireLocks(queue);
            await bench.UntilAsync(() => Failures(bench, queue) > failed, $"failure {failed + 1}");
            failed = Failures(bench, queue);
        }

        Assert.Equal(1, await bench.DoomAllAsync(Enum.Parse<StageQueue>(queue, ignoreCase: true)));
        bench.Site.Blobs.Clear(); // the watcher asks the same store
        bench.Broker.Faults.ExpireLocks(queue);
        return fault.Hits;
    })
    { Least = HandedOutAtMost, Doomed = 1, DeadBecause = [GivenUp] };

    /// <summary>Nobody can write a record: the dead letters stay where they are, however often the watchers fail.</summary>
    private static async Task<int> BuryWithoutTablesAsync(Bench bench)
    {
        bench.Site.Tables.IsDown = true;
        await using var client = bench.Client();
        foreach (var queue in Enum.GetValues<StageQueue>())
        {
            await bench.DoomAsync(queue, Encoding.ASCII.GetBytes($"in {queue}"));
            await using var receiver = client.CreateReceiver(QueueNames.Of(queue));
            await receiver.DeadLetterMessageAsync(await receiver.ReceiveMessageAsync(cancellationToken: bench.Cancel), "by hand", cancellationToken: bench.Cancel);
        }

        await bench.WorkAsync(StoreFaults.Impatient);
        await bench.UntilAsync(() => Bench.Queues.All(queue => Failures(bench, queue) >= 2), "watchers that fail and fail again");
        Assert.All(Bench.Queues, queue => Assert.Equal(1, bench.CountsOf(queue).DeadLetters));
        var met = bench.Site.Tables.Met;
        bench.Site.Tables.IsDown = false;
        return met;
    }

    /// <summary>As the log counts them: it tells of each handing-out that failed.</summary>
    private static int Failures(Bench bench, string queue) => bench.Functions.Logs.Count(line =>
        line.Text.Contains($"of queue {queue} failed, handing-out", StringComparison.OrdinalIgnoreCase));

    private static (ReceivedEvent Received, InspectedEvent Inspected, DeliveryEvent Delivery) EventsOfNobody(int version)
    {
        var received = new ReceivedEvent
        {
            Version = version,
            MessageId = MessageId.New(TimeProvider.System),
            ReceivedAt = TimeProvider.System.GetUtcNow(),
            Octets = 1,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes("x"))),
            Envelope = new() { From = "", Recipients = ["box0@in.example.com"], Helo = "client.example" },
            Client = new(null, ClientSource.Unknown),
            Received = "Received: by mx.example.com",
        };
        var verdict = new Verdict
        {
            Authentication = AuthenticationVerdict.NotEvaluated("nobody asked"),
            Sender = new(null, Verified: false, By: null),
            Spam = SpamVerdict.NotEvaluated,
        };
        var summary = new MessageSummary { ContentPart = "content.json" };
        var inspected = new InspectedEvent { Version = version, Message = received, Verdict = verdict, Summary = summary };
        return (received, inspected, new()
        {
            Version = version,
            DeliveryId = DeliveryId.Of(received.MessageId, "box0@in.example.com", "to-app0", "app0"),
            Message = received,
            Verdict = verdict,
            Summary = summary,
            Recipient = "box0@in.example.com",
            RouteId = "to-app0",
            EndpointId = "app0",
        });
    }
}
