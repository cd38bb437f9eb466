using Gateway.Testing.Azurite;
using Microsoft.AspNetCore.Http;

namespace Gateway.EndToEnd.Tests.Serving.Faults;

/// <summary>Something that goes wrong while mail comes in.</summary>
/// <param name="Name">For the table.</param>
/// <param name="Begin">Makes it go wrong.</param>
/// <param name="Must451">True: some clients must be told 451, and it ends when they were; false: none may be; null: either will do.</param>
internal sealed record Fault(string Name, Action<AzureSite> Begin, bool? Must451)
{
    /// <summary>Makes it go wrong at once, and says whether anything was there to go wrong: done until something was. Null: it is not of that kind.</summary>
    public Func<AzureSite, bool>? Hits { get; init; }

    /// <summary>The named point at which the process is killed; null: it lives.</summary>
    public string? CrashAt { get; init; }

    /// <summary>So many requests or sends must have gone wrong before it ends: else nothing was tested. 0: it is over in a moment, and nobody counts.</summary>
    public int Least { get; init; } = 1;

    /// <summary>Size of the messages; null: a mixture, up to 300 KB.</summary>
    public int? MessageOctets { get; init; }

    /// <summary>More settings of the gateway.</summary>
    public Dictionary<string, string> Settings { get; init; } = [];

    /// <summary>What no client may notice goes wrong 3 times at most: one request may meet all of them, and the fourth try is its last.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        new("none", _ => { }, Must451: false) { Least = 0 },
        new("bus busy for 3 sends", site => site.Broker.Faults.AnswerServerBusy(3, "received"), Must451: null),
        new("bus busy for long", site => site.Broker.Faults.AnswerServerBusy(int.MaxValue, "received"), Must451: true) { Settings = Impatient },
        new("bus answers lost after accept", site => site.Broker.Faults.LoseAnswers(3, "received"), Must451: false),
        new("bus answers lost between stages", LoseAnswersBetweenStages, Must451: false),
        new("bus connection cut in mid-send", site => site.Broker.Faults.CutConnections(3, "received"), Must451: false),
        new("bus connections dropped", _ => { }, Must451: false) { Least = 0, Hits = site => site.Broker.Faults.DropConnections() > 0 },
        new("bus locks lost", _ => { }, Must451: false) { Least = 0, Hits = site => site.Broker.Faults.ExpireLocks() > 0 },
        new("blob 503, some", site => site.Blobs.Next(FaultKind.Busy, 3, IsRawWrite), Must451: false),
        new("blob 503, all", site => site.Blobs.Next(FaultKind.Busy, int.MaxValue, IsRawWrite), Must451: true),
        new("blob answers lost", site => site.Blobs.Next(FaultKind.CutAfter, 3, IsRawWrite), Must451: false),
        new("blob slow past the deadline", site => site.Blobs.Next(FaultKind.Hold, int.MaxValue, IsRawWrite), Must451: true) { Settings = Impatient },
        new("tables down", site => site.Tables.IsDown = true, Must451: false) { Least = 50 },
        Kill("blob.staged") with { MessageOctets = 1_000_000, Settings = LittleMemory },
        Kill("blob.stored"),
        Kill("event.sending"),
        Kill("event.accepted"),
        Kill("reply.sending"),
        Kill("delivery.answered"),
    ];

    private static Dictionary<string, string> Impatient => new(StringComparer.Ordinal) { ["GATEWAY_Intake__CommitTimeout"] = "00:00:05" };

    /// <summary>So that a message of a megabyte goes to the store in blocks.</summary>
    private static Dictionary<string, string> LittleMemory => new(StringComparer.Ordinal) { ["GATEWAY_Intake__MaxHeldOctets"] = "4194304" };

    public override string ToString() => Name;

    private static Fault Kill(string point) => new($"killed at {point}", _ => { }, Must451: false) { CrashAt = point, Least = 0 };

    /// <summary>Three in all: every queue has the same connection, and a send that is cut off four times is given up.</summary>
    private static void LoseAnswersBetweenStages(AzureSite site)
    {
        site.Broker.Faults.LoseAnswers(2, "inspected");
        site.Broker.Faults.LoseAnswers(1, "deliveries");
    }

    /// <summary>A write of raw mail and of nothing else.</summary>
    private static bool IsRawWrite(HttpRequest request) => request.Method == "PUT" && request.Path.Value!.Split('/')[2].EndsWith("raw", StringComparison.Ordinal);
}
