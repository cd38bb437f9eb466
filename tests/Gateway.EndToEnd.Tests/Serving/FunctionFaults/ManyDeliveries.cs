using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Pipeline.Delivery;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>Every message goes to twenty endpoints by twenty routes, and some of the endpoints misbehave: the others must not notice.</summary>
internal static class ManyDeliveries
{
    public const int Endpoints = 20;
    public const int WellBehaved = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private const string Recipient = "box@in.example.com";
    private const string AlwaysFails = "e15";
    private const string AlwaysRefuses = "e16";
    private const string Resets = "e17";
    private const string Gone = "e18";
    private const string Busy = "e19";

    private static readonly IReadOnlyList<string> Names = [.. Enumerable.Range(0, Endpoints).Select(number => $"e{number}")];

    /// <summary>Each of five misbehaves in a way of its own.</summary>
    public static async Task<FunctionRow> WithMisbehavingAsync(int messages)
    {
        var watch = Stopwatch.StartNew();
        var isBack = false;
        await using var bench = await Bench.StartAsync(Document, request => Task.FromResult(Answer(request, Volatile.Read(ref isBack))), TimeSpan.FromMinutes(1), Patience);
        await bench.WorkAsync();
        await bench.SendAsync(messages, Recipient);
        await bench.JumpUntilAsync(() => Delivered(bench) >= WellBehaved * messages, "the deliveries of the well-behaved");
        await bench.JumpUntilAsync(() => bench.Farm.Deliveries.Any(pair => pair.Value.Endpoint == Gone), "an endpoint that is gone");
        Assert.NotNull(await bench.State().GetAsync(new(EndpointParking.Collection, Gone), bench.Cancel));

        Volatile.Write(ref isBack, true);
        Assert.StartsWith($"{Gone} goes on", await EndpointsTests.RunAsync(bench.Site, "resume", Gone), StringComparison.Ordinal);
        await bench.DrainAsync();

        await ReadBooksAsync(bench, messages);
        return await FunctionRow.OfAsync("five of twenty endpoints misbehave", bench, _ => Names, watch.Elapsed);
    }

    /// <summary>Five take requests and answer none until all that the others get has come.</summary>
    public static async Task<FunctionRow> WithHangingAsync(int messages)
    {
        var watch = Stopwatch.StartNew();
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bench = await Bench.StartAsync(Document, async request =>
        {
            await (NumberOf(request.Endpoint) < WellBehaved ? Task.CompletedTask : released.Task);
            return 200;
        }, patience: Patience);
        await bench.WorkAsync(new Dictionary<string, string> { ["AzureWebJobs.Deliver.Disabled"] = "true" }); // the time-out of those that hang is for deliveries alone
        await bench.SendAsync(messages, Recipient);
        await bench.UntilAsync(
            () => Bench.Queues.Select(bench.CountsOf).ToList() is [{ IsIdle: true }, { IsIdle: true }, { Active: var waiting }] && waiting == Endpoints * messages, "all deliveries to be queued");
        await bench.Functions.StopAsync(TimeSpan.FromSeconds(20));
        await bench.WorkAsync();
        await bench.UntilAsync(() => Delivered(bench) == WellBehaved * messages, "the deliveries of those that answer");
        var hanging = bench.Farm.Deliveries.Values.Where(delivery => !IsWellBehaved(delivery)).ToList();
        Assert.Equal(Endpoints - WellBehaved, hanging.DistinctBy(delivery => delivery.Endpoint).Count());
        Assert.All(hanging, delivery => Assert.Equal((1, 0), (delivery.Requests, delivery.Accepted)));

        released.SetResult();
        await bench.DrainAsync();
        Assert.All(bench.Farm.Deliveries.Values, delivery => Assert.Equal((1, 1), (delivery.Requests, delivery.Accepted)));
        return await FunctionRow.OfAsync("five of twenty endpoints hang", bench, _ => Names, watch.Elapsed);
    }

    private static int Answer(FarmRequest request, bool isBack)
    {
        switch (request.Endpoint)
        {
            case AlwaysFails:
                return 500;
            case AlwaysRefuses:
                return 400;
            case Resets:
                return request.Number <= 2 ? EndpointFarm.Reset : 200;
            case Gone:
                return isBack ? 200 : 410;
            case Busy when request.Number == 1:
                request.Http.Response.Headers.RetryAfter = "2";
                return 429;
            default:
                return 200;
        }
    }

    private static async Task ReadBooksAsync(Bench bench, int messages)
    {
        var requests = bench.Farm.Deliveries.Values.ToLookup(delivery => delivery.Endpoint, delivery => delivery.Requests);
        Assert.Equal(Endpoints, requests.Count);
        Assert.All(requests, endpoint => Assert.Equal(messages, endpoint.Count()));
        Assert.All(requests[AlwaysFails], count => Assert.Equal(RetrySchedule.Waits.Length + 1, count));
        Assert.All(requests[AlwaysRefuses], count => Assert.Equal(1, count));
        Assert.All(requests[Resets], count => Assert.Equal(3, count));
        Assert.All(requests[Busy], count => Assert.Equal(2, count));
        Assert.All(bench.Farm.Deliveries.Values.Where(IsWellBehaved), delivery => Assert.Equal((1, 1), (delivery.Requests, delivery.Accepted)));
        var reasons = (await bench.DeadLettersAsync()).CountBy(record => (record.Reason, record.LastAnswer?.Status, record.RawKept)).ToDictionary();
        Assert.Equal(
            new Dictionary<(string, int?, bool), int>
            {
                [("No success in 13 attempts; the last: The endpoint answered 500", 500, true)] = messages,
                [("The endpoint answered 400: trying again cannot help", 400, true)] = messages,
            },
            reasons);
    }

    private static int Delivered(Bench bench) => bench.Farm.Deliveries.Count(pair => IsWellBehaved(pair.Value) && pair.Value.Accepted > 0);

    private static bool IsWellBehaved(FarmDelivery delivery) => NumberOf(delivery.Endpoint) < WellBehaved;

    private static int NumberOf(string endpoint) => int.Parse(endpoint.AsSpan(1), CultureInfo.InvariantCulture);

    private static JsonObject Document(string url)
    {
        var document = EmbeddedGateway.ToEndpoints([.. Names.Select(name => (name, new Uri($"{url}/{name}")))]);
        foreach (var endpoint in document["endpoints"]!.AsArray())
        {
            endpoint!["timeoutSeconds"] = 100;
        }

        return document;
    }
}
