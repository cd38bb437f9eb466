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
        .. ((string[])["stage.starting@Received", "stage.sending@Received", "stage.done@Received", "stage.starting@Inspected", "stage.sending@Inspected", "stage.done@Inspected", "stage.starting@Deliveries", "stage.done@Deliveries", "delivery.answered"])
            .Select(Kill),
        Kill("stage.sending@Deliveries") with { Answers = request => Task.FromResult(request.Number == 1 ? 503 : 200) }, // what it sends is a retry
        new("lock lost in Inspect", LoseLocksInInspectAsync) { Least = Enough, MayRepeat = true },
        new("lock lost in Route", LoseLocksInRouteAsync) { Least = Enough, MayRepeat = true },
        LoseLocksInDeliver(),
        OutlastLocks(),
        StopInMidWork(),
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
        var held = new HeldRequests(Enough);
        return new("lock lost in Deliver", async bench =>
        {
            await bench.WorkAsync();
            await bench.SendAsync(FunctionFault.Messages);
            await bench.UntilAsync(() => held.Count == Enough, "requests");
            var lost = bench.Broker.Faults.ExpireLocks(QueueNames.Deliveries);
            await bench.UntilAsync(() => held.CameAgain == Enough, "the same deliveries again");
            held.Release();
            return lost;
        })
        { Least = Enough, MayRepeat = true, Answers = held.AnswerAsync };
    }

    /// <summary>Nobody renews a lock of 5 seconds for longer than a second, and some endpoints answer only when they are asked again.</summary>
    private static FunctionFault OutlastLocks()
    {
        var held = new HeldRequests(Enough);
        return new("handler slower than its lock", async bench =>
        {
            await bench.WorkAsync(new Dictionary<string, string> { ["AzureFunctionsJobHost__extensions__serviceBus__maxAutoLockRenewalDuration"] = "00:00:01" });
            await bench.SendAsync(FunctionFault.Messages);
            await bench.UntilAsync(() => (held.Count, held.CameAgain) == (Enough, Enough), "the same deliveries again");
            held.Release();
            return held.CameAgain;
        })
        { Least = Enough, MayRepeat = true, LockDuration = TimeSpan.FromSeconds(5), Answers = held.AnswerAsync };
    }

    /// <summary>The host is told to end at once: what it has in hand it gives back, and another host works on it.</summary>
    private static FunctionFault StopInMidWork()
    {
        var held = new HeldRequests(Enough);
        return new("stopped with no grace in mid-work", async bench =>
        {
            await bench.WorkAsync();
            await bench.SendAsync(FunctionFault.Messages);
            await bench.UntilAsync(
                () => Bench.Queues.Select(bench.CountsOf).ToList() is [{ IsIdle: true }, { IsIdle: true }, { Active: 0, Locked: Enough }] && held.Count == Enough, "nothing but what is held");
            await bench.Functions.StopAsync(TimeSpan.Zero);
            var given = bench.CountsOf(QueueNames.Deliveries);
            Assert.Equal((Enough, 0, 0), (given.Active, given.Locked, given.DeadLetters));
            held.Release();
            await bench.WorkAsync();
            return given.Active;
        })
        { Least = Enough, MayRepeat = true, Answers = held.AnswerAsync };
    }
}
