using System.Globalization;
using Gateway.EndToEnd.Tests.Crash;

namespace Gateway.EndToEnd.Tests.Serving.Faults;

/// <summary>What came of mail while something went wrong.</summary>
/// <param name="Name">What went wrong.</param>
/// <param name="Accepted">Messages that were answered 250.</param>
/// <param name="Told451">Ends of messages that were answered 451.</param>
/// <param name="Unanswered">Ends of messages that got no answer.</param>
/// <param name="Delivered">Deliveries of accepted messages that came.</param>
/// <param name="DuplicatesById">Deliveries that came again under the same webhook-id: allowed.</param>
/// <param name="DuplicatesByContent">Messages that came under a further id: only what was sent again after a 451 or no answer may.</param>
/// <param name="Lost">Accepted messages that did not come to each of their recipients: never allowed.</param>
/// <param name="Elapsed">From the first message to the last delivery.</param>
internal sealed record FaultRow(
    string Name, int Accepted, int Told451, int Unanswered, int Delivered, int DuplicatesById, int DuplicatesByContent, int Lost, TimeSpan Elapsed)
{
    public const string Header = "fault                              accepted   451  unanswered  delivered  dup. id  dup. content  lost     s";

    public static FaultRow Of(Fault fault, PersistentClients clients, RecordingReceiver receiver, TimeSpan elapsed)
    {
        var came = receiver.Deliveries.Values.Where(delivery => delivery.Accepted > 0).ToLookup(delivery => delivery.Sha256, StringComparer.Ordinal);
        return new(
            fault.Name,
            clients.Accepted.Count,
            clients.Refused,
            clients.Unanswered,
            clients.Accepted.Values.Sum(message => message.Recipients.Count(recipient => came[message.Sha256].Any(delivery => delivery.To == recipient))),
            came.Sum(deliveries => deliveries.Sum(delivery => delivery.Accepted - 1)),
            came.Sum(deliveries => deliveries.DistinctBy(delivery => delivery.MessageId).Count() - 1),
            clients.Accepted.Values.Count(message => !message.Recipients.All(recipient => came[message.Sha256].Any(delivery => delivery.To == recipient))),
            elapsed);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-33}  {Accepted,8}  {Told451,4}  {Unanswered,10}  {Delivered,9}  {DuplicatesById,7}  {DuplicatesByContent,12}  {Lost,4}  {Elapsed.TotalSeconds,4:0}");
}
