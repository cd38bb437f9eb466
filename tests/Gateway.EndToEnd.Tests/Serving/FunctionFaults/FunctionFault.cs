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

    /// <summary>Why there are dead letters; each of these must be there, and no other, and all that is owed must be dead. Empty: nothing may be.</summary>
    public IReadOnlyList<string> DeadBecause { get; init; } = [];

    /// <summary>Records of events that were known whole before they died: each must tell of one, and there may be no other.</summary>
    public int Doomed { get; init; }

    /// <summary>Every message is stored by a route as well, which copies it.</summary>
    public bool Stores { get; init; }

    public TimeSpan? LockDuration { get; init; }

    /// <summary>What the endpoints answer; null: 503 to the first request of one delivery in ten, then 200.</summary>
    public Func<FarmRequest, Task<int>>? Answers { get; init; }

    /// <summary>Made anew each time: some have a state for their run.</summary>
    public static IReadOnlyList<FunctionFault> All =>
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
