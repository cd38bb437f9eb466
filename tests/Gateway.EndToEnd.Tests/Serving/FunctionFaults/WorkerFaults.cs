using System.Collections.Concurrent;
using Gateway.Azure;
using Gateway.Testing.Azurite;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>The worker ends, or loses what it holds.</summary>
internal static class WorkerFaults
{
    private const int Enough = 3;

    public static IEnumerable<FunctionFault> All =>
    [
        new("none", NothingAsync) { Least = 0 },
        .. ((string[])["stage.starting@Received", "stage.done@Received", "stage.starting@Inspected", "stage.done@Inspected", "stage.starting@Deliveries", "stage.done@Deliveries", "delivery.answered"])
            .Select(Kill),
        new("lock lost in Inspect", LoseLocksInInspectAsync) { Least = Enough, MayRepeat = true },
        new("lock lost in Route", LoseLocksInRouteAsync) { Least = Enough, MayRepeat = true },
        LoseLocksInDeliver(),
        OutlastLocks(),
    ];

    private static async Task<int> NothingAsync(Bench bench)
    {
        await bench.WorkAsync();
        await bench.SendAsync(FunctionFault.Messages);
        return 0;
    }

    private static FunctionFault Kill(string point) => new($"killed at {point}", async bench =>
    {
        await bench.WorkAsync(crashAt: (point, 5));
        await bench.SendAsync(FunctionFault.Messages);
        await bench.JumpUntilAsync(() => bench.Functions.WorkerStarts > 1, "another worker");
        return bench.Functions.WorkerStarts - 1;
    })
    { MayRepeat = true };

    /// <summary>Those that read a raw message are held in the middle of it.</summary>
    private static async Task<int> LoseLocksInInspectAsync(Bench bench)
    {
        var held = bench.Site.Blobs.Next(FaultKind.Hold, Enough, StoreFaults.ReadsRaw);
        await bench.WorkAsync();
        await bench.SendAsync(FunctionFault.Messages);
        await bench.UntilAsync(() => held.Hits == Enough, "messages held in Inspect");
        var lost = bench.Broker.Faults.ExpireLocks(QueueNames.Received);
        held.Release();
        return lost;
    }

    /// <summary>Those that have sent their deliveries wait for the answer.</summary>
    private static async Task<int> LoseLocksInRouteAsync(Bench bench)
    {
        bench.Broker.Faults.DelayAnswers(TimeSpan.FromSeconds(2), QueueNames.Deliveries);
        await bench.WorkAsync();
        await bench.SendAsync(FunctionFault.Messages);
        var lost = 0;
        await bench.UntilAsync(() => (lost += bench.Broker.Faults.ExpireLocks(QueueNames.Inspected)) >= Enough, "messages in Route");
        bench.Broker.Faults.DelayAnswers(TimeSpan.Zero, QueueNames.Deliveries);
        return lost;
    }

    /// <summary>The endpoints are silent until the locks are lost: each of those deliveries comes twice.</summary>
    private static FunctionFault LoseLocksInDeliver()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new("lock lost in Deliver", async bench =>
        {
            await bench.WorkAsync();
            await bench.SendAsync(FunctionFault.Messages);
            await bench.UntilAsync(() => bench.Farm.Deliveries.Count >= Enough, "requests");
            var lost = bench.Broker.Faults.ExpireLocks(QueueNames.Deliveries);
            await bench.UntilAsync(() => bench.Farm.Deliveries.Values.Count(delivery => delivery.Requests > 1) >= Enough, "the same deliveries again");
            open.SetResult();
            return lost;
        })
        {
            Least = Enough,
            MayRepeat = true,
            Answers = () => async _ =>
            {
                await open.Task;
                return 200;
            },
        };
    }

    /// <summary>Nobody renews a lock of 5 seconds for longer than a second, and some endpoints answer only when they are asked again.</summary>
    private static FunctionFault OutlastLocks()
    {
        var held = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal); // true: it came again
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new("handler slower than its lock", async bench =>
        {
            await bench.WorkAsync(new Dictionary<string, string> { ["AzureFunctionsJobHost__extensions__serviceBus__maxAutoLockRenewalDuration"] = "00:00:01" });
            await bench.SendAsync(FunctionFault.Messages);
            await bench.UntilAsync(() => again.Task.IsCompleted, "the same deliveries again");
            return held.Count;
        })
        {
            Least = Enough,
            MayRepeat = true,
            LockDuration = TimeSpan.FromSeconds(5),
            Answers = () => async request =>
            {
                if (request.Number == 1 && held.Count < Enough && held.TryAdd(request.DeliveryId, false))
                {
                    await again.Task;
                }
                else if (held.TryUpdate(request.DeliveryId, true, false) && held.Values.All(came => came))
                {
                    again.TrySetResult();
                }

                return 200;
            },
        };
    }
}
