using Azure.Messaging.ServiceBus;
using Gateway.Azure;
using Gateway.Core.Events;
using Microsoft.Azure.Functions.Worker;

namespace Gateway.Functions;

/// <summary>Queue "deliveries": one webhook to one endpoint, and what its answer means.</summary>
public sealed class Deliver(StageTriggers stages)
{
    [Function(nameof(Deliver))]
    public Task RunAsync(
        [ServiceBusTrigger(QueueNames.Deliveries, Connection = StageTriggers.Connection)] ServiceBusReceivedMessage message, ServiceBusMessageActions actions, CancellationToken cancel) =>
        stages.RunAsync(StageQueue.Deliveries, message, actions, cancel);

    [Function("DeliverDeadLetters")]
    public Task WatchAsync(
        [ServiceBusTrigger(QueueNames.Deliveries + StageTriggers.DeadLetters, Connection = StageTriggers.Connection)] ServiceBusReceivedMessage message, CancellationToken cancel) =>
        stages.WatchAsync(StageQueue.Deliveries, message, cancel);
}
