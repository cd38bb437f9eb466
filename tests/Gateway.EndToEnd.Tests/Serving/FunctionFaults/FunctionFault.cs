using System.Text.Json.Nodes;
using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>Something that goes wrong while the Functions app works.</summary>
/// <param name="Name">For the table.</param>
/// <param name="PlayAsync">Sends the mail, starts the app, makes it go wrong, and ends it. Returns how often it went wrong.</param>
internal sealed record FunctionFault(string Name, Func<Bench, Task<int>> PlayAsync)
{
    /// <summary>Messages sent by most faults.</summary>
    public const int Messages = 40;

    /// <summary>So often it must have gone wrong: else nothing was tested.</summary>
    public int Least { get; init; } = 1;

    /// <summary>An endpoint may hear of a delivery again, under the same id.</summary>
    public bool MayRepeat { get; init; }

    /// <summary>Why there are dead letters; each of these must be there, and no other. Empty: there may be none.</summary>
    public IReadOnlyList<string> DeadBecause { get; init; } = [];

    /// <summary>Events that are put into queues by hand, each of which ends as a dead letter.</summary>
    public int ByHand { get; init; }

    /// <summary>Every message is stored by a route as well, which copies it.</summary>
    public bool Stores { get; init; }

    public TimeSpan? LockDuration { get; init; }

    /// <summary>What the endpoints answer, made anew for each run; null: 503 to the first request of one delivery in ten, then 200.</summary>
    public Func<Func<FarmRequest, Task<int>>>? Answers { get; init; }

    public static IReadOnlyList<FunctionFault> All { get; } =
    [
        .. WorkerFaults.All,
        .. BusFaults.All,
        .. StoreFaults.All,
        .. PoisonFaults.All,
    ];

    /// <summary>The mailboxes of <see cref="DataSite"/>, each with an endpoint of its own.</summary>
    public JsonObject Document(string url)
    {
        var document = DataSite.Document(url, "file:SECRET", edition: 0);
        return Stores ? StoreFaults.Storing(document) : document;
    }

    public override string ToString() => Name;

    public static Task<int> FailNowAndThen(FarmRequest request) =>
        Task.FromResult(request.Number == 1 && request.DeliveryId.Sum(letter => letter) % 10 == 0 ? 503 : 200);
}
