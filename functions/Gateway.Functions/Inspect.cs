using Azure.Messaging.ServiceBus;
using Gateway.Azure;
using Gateway.Core.Events;
using Microsoft.Azure.Functions.Worker;

namespace Gateway.Functions;

/// <summary>Queue "received": a message is read once, its content stored, a verdict made.</summary>
public sealed class Inspect(StageTriggers stages)
{
    [Function(nameof(Inspect))]
    public Task RunAsync(
        [ServiceBusTrigger(QueueNames.Received, Connection = StageTriggers.Connection)] ServiceBusReceivedMessage message, ServiceBusMessageActions actions, CancellationToken cancel) =>
        stages.RunAsync(StageQueue.Received, message, actions, cancel);

    [Function("InspectDeadLetters")]
    public Task WatchAsync(
        [ServiceBusTrigger(QueueNames.Received + StageTriggers.DeadLetters, Connection = StageTriggers.Connection)] ServiceBusReceivedMessage message, CancellationToken cancel) =>
        stages.WatchAsync(StageQueue.Received, message, cancel);
}
