using System.Globalization;

namespace Gateway.EndToEnd.Tests.Serving.FunctionFaults;

/// <summary>What came of deliveries while something went wrong in the consuming half.</summary>
/// <param name="Name">What went wrong.</param>
/// <param name="Accepted">Deliveries owed: for each accepted message, recipient and webhook route one; or events put into queues by hand.</param>
/// <param name="Delivered">Of those, answered 200.</param>
/// <param name="Dead">Dead-letter records.</param>
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

    /// <summary>Counts when the queues are empty.</summary>
    /// <param name="name">For the table.</param>
    /// <param name="bench">Where it went wrong.</param>
    /// <param name="routes">Webhook routes that take each recipient.</param>
    /// <param name="byHand">Events put into queues by hand.</param>
    /// <param name="elapsed">Since the start.</param>
    public static async Task<FunctionRow> OfAsync(string name, Bench bench, int routes, int byHand, TimeSpan elapsed)
    {
        var owed = (bench.Accepted.Values.Sum(message => message.Recipients.Count) * routes) + byHand;
        var came = bench.Farm.Deliveries.Values.Where(delivery => delivery.Accepted > 0).ToList();
        var delivered = came
            .Where(delivery => bench.Accepted.TryGetValue(delivery.Sha256, out var message) && message.Recipients.Contains(delivery.To))
            .DistinctBy(delivery => (delivery.Sha256, delivery.To, delivery.Endpoint))
            .Count();
        Assert.Equal(came.Count, delivered); // nothing came that nobody sent, and nothing under two ids
        var dead = (await bench.DeadLettersAsync()).Count;
        return new(name, owed, delivered, dead, came.Sum(delivery => delivery.Accepted - 1), owed - delivered - dead, bench.Functions.WorkerStarts - 1, elapsed);
    }
}
