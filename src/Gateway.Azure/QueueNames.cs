using Gateway.Core.Events;

namespace Gateway.Azure;

/// <summary>The queues of the namespace; infra makes them, with duplicate detection.</summary>
public static class QueueNames
{
    public const string Received = "received";
    public const string Inspected = "inspected";
    public const string Deliveries = "deliveries";

    public static string Of(StageQueue queue) => queue switch
    {
        StageQueue.Received => Received,
        StageQueue.Inspected => Inspected,
        _ => Deliveries,
    };
}
