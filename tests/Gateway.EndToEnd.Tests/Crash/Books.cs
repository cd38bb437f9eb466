namespace Gateway.EndToEnd.Tests.Crash;

/// <summary>What was promised against what came.</summary>
/// <param name="Delivered">Deliveries, by id, that were answered 200.</param>
/// <param name="Duplicates">Further requests for them that were answered 200 too: allowed, at least once is what is promised.</param>
/// <param name="Unacknowledged">Messages that came although their client read no 250: allowed, such a client sends again.</param>
/// <param name="Lost">Messages whose client read 250 and that did not come to each of their recipients. Never allowed.</param>
/// <param name="Foreign">Messages that came and that nobody sent with these octets. Never allowed.</param>
/// <param name="TakenTwice">Messages that came under two ids although they were sent once. Never allowed.</param>
/// <param name="BadSignatures">Requests that were not signed as they should be. Never allowed.</param>
internal sealed record Books(int Delivered, int Duplicates, int Unacknowledged, int Lost, int Foreign, int TakenTwice, int BadSignatures)
{
    public static Books Close(Ledger ledger, RecordingReceiver receiver)
    {
        var came = receiver.Deliveries.Values.Where(delivery => delivery.Accepted > 0).ToList();
        var messages = came.GroupBy(delivery => delivery.Sha256, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        return new(
            came.Count,
            came.Sum(delivery => delivery.Accepted - 1),
            messages.Keys.Count(sha256 => ledger.Sent.TryGetValue(sha256, out var sent) && !sent.IsAccepted),
            ledger.Sent.Count(sent => sent.Value.IsAccepted && !IsComplete(sent.Value, messages.GetValueOrDefault(sent.Key))),
            messages.Keys.Count(sha256 => !ledger.Sent.ContainsKey(sha256)),
            messages.Values.Count(deliveries => deliveries.DistinctBy(delivery => delivery.MessageId).Count() > 1),
            receiver.BadSignatures);
    }

    private static bool IsComplete(Ledger.Entry sent, List<RecordingReceiver.Delivery>? deliveries) =>
        deliveries is not null && sent.Recipients.All(recipient => deliveries.Exists(delivery => delivery.To == recipient));
}
