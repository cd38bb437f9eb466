using System.Globalization;
using Gateway.Core.Events;
using Gateway.Pipeline.DeadLetters;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>What came of deliveries while something went wrong in the consuming half.</summary>
/// <param name="Name">What went wrong.</param>
/// <param name="Accepted">Deliveries owed: for each accepted message, recipient and webhook route one; or events put into queues by hand.</param>
/// <param name="Delivered">Of those, answered 200.</param>
/// <param name="Dead">Of those, told of by a dead-letter record.</param>
/// <param name="Duplicates">Answered 200 again under the same webhook-id.</param>
/// <param name="Lost">Neither delivered nor dead: never allowed.</param>
/// <param name="Restarts">Workers after the first.</param>
/// <param name="Elapsed">All of it, starts included.</param>
internal sealed record FunctionRow(string Name, int Accepted, int Delivered, int Dead, int Duplicates, int Lost, int Restarts, TimeSpan Elapsed)
{
    public const string Header = "fault                                accepted  delivered  dead  duplicates  lost  restarts     s";

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-35}  {Accepted,8}  {Delivered,9}  {Dead,4}  {Duplicates,10}  {Lost,4}  {Restarts,8}  {Elapsed.TotalSeconds,4:0}");

    /// <summary>Counts when the queues are empty. Throws when something came or died that nobody owed, or when one thing did both or died twice.</summary>
    /// <param name="name">For the table.</param>
    /// <param name="bench">Where it went wrong.</param>
    /// <param name="endpointsOf">The endpoints, as the farm names them, to which mail for a recipient goes.</param>
    /// <param name="elapsed">Since the start.</param>
    public static async Task<FunctionRow> OfAsync(string name, Bench bench, Func<string, IReadOnlyList<string>> endpointsOf, TimeSpan elapsed)
    {
        var owed = bench.Accepted.Values
            .SelectMany(message => message.Recipients.SelectMany(recipient => endpointsOf(recipient).Select(endpoint => (message.Sha256, recipient, endpoint))))
            .ToHashSet();
        var came = bench.Farm.Deliveries.Values.Where(delivery => delivery.Accepted > 0).ToList();
        var delivered = Once(came.Select(delivery => (delivery.Sha256, delivery.To, delivery.Endpoint)));
        var records = await bench.DeadLettersAsync();
        var byHand = bench.Doomed.Where(doomed => doomed.IsByHand).ToList();
        var ofMail = records.Where(record => !byHand.Exists(doomed => doomed.IsIn(record))).ToList();
        var dead = Once(ofMail.SelectMany(record => FatesOf(record, endpointsOf)));
        Assert.Empty(delivered.Except(owed));
        Assert.Empty(dead.Except(owed));
        Assert.Empty(delivered.Intersect(dead));
        var lost = owed.Except(delivered).Except(dead).Count() + byHand.Count(doomed => !records.Any(doomed.IsIn));
        return new(
            name, owed.Count + byHand.Count, delivered.Count, dead.Count + records.Count - ofMail.Count, came.Sum(delivery => delivery.Accepted - 1), lost, bench.Functions.WorkerStarts - 1, elapsed);
    }

    /// <summary>Nothing under two ids.</summary>
    private static HashSet<(string, string, string)> Once(IEnumerable<(string, string, string)> fates)
    {
        var all = fates.ToList();
        var once = all.ToHashSet();
        Assert.Equal(all.Count, once.Count);
        return once;
    }

    /// <summary>What can never come any more: one delivery, or all that its message would have become.</summary>
    private static IEnumerable<(string, string, string)> FatesOf(DeadLetterRecord record, Func<string, IReadOnlyList<string>> endpointsOf)
    {
        var root = record.Event!.Value;
        var message = record.Queue == StageQueue.Received ? root : root.GetProperty("message");
        var sha256 = message.GetProperty("sha256").GetString()!;
        if (record.Queue == StageQueue.Deliveries)
        {
            var recipient = root.GetProperty("recipient").GetString()!;
            var id = root.GetProperty("endpointId").GetString()!;
            return [(sha256, recipient, endpointsOf(recipient).Single(endpoint => id == endpoint || id == $"app{endpoint}"))];
        }

        return message.GetProperty("envelope").GetProperty("recipients").EnumerateArray()
            .SelectMany(recipient => endpointsOf(recipient.GetString()!).Select(endpoint => (sha256, recipient.GetString()!, endpoint)));
    }
}
