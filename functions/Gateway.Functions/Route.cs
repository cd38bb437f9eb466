using Azure.Messaging.ServiceBus;
using Gateway.Azure;
using Gateway.Core.Events;
using Microsoft.Azure.Functions.Worker;

namespace Gateway.Functions;

/// <summary>Queue "inspected": each recipient's routes, each webhook of them a delivery of its own.</summary>
public sealed class Route(StageTriggers stages)
{
    [Function(nameof(Route))]
    public Task RunAsync(
        [ServiceBusTrigger(QueueNames.Inspected, Connection = StageTriggers.Connection)] ServiceBusReceivedMessage message, ServiceBusMessageActions actions, CancellationToken cancel) =>
        stages.RunAsync(StageQueue.Inspected, message, actions, cancel);

    [Function("RouteDeadLetters")]
    public Task WatchAsync(
        [ServiceBusTrigger(QueueNames.Inspected + StageTriggers.DeadLetters, Connection = StageTriggers.Connection)] ServiceBusReceivedMessage message, CancellationToken cancel) =>
        stages.WatchAsync(StageQueue.Inspected, message, cancel);
}
