using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker.Converters;
using Microsoft.Azure.Functions.Worker.Settling;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Settles a message while its function runs. The host, which holds the lock, does it and leaves the message alone afterwards.</summary>
[InputConverter(typeof(ServiceBusMessageActionsConverter))]
public class ServiceBusMessageActions
{
    private readonly Settlement.SettlementClient _host;

    internal ServiceBusMessageActions(Settlement.SettlementClient host) => _host = host;

    /// <exception cref="Grpc.Core.RpcException">The host does not hold the lock any more (FailedPrecondition), or cannot be reached.</exception>
    public virtual async Task CompleteMessageAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default) =>
        await _host.CompleteAsync(new() { LockToken = message.LockToken }, cancellationToken: cancellationToken);

    /// <summary>The message is handed out again at once.</summary>
    /// <inheritdoc cref="CompleteMessageAsync"/>
    public virtual async Task AbandonMessageAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default) =>
        await _host.AbandonAsync(new() { LockToken = message.LockToken }, cancellationToken: cancellationToken);

    /// <summary>The message goes to the dead-letter subqueue.</summary>
    /// <inheritdoc cref="CompleteMessageAsync"/>
    public virtual async Task DeadLetterMessageAsync(
        ServiceBusReceivedMessage message,
        string? deadLetterReason = null,
        string? deadLetterErrorDescription = null,
        CancellationToken cancellationToken = default) =>
        await _host.DeadletterAsync(
            new() { LockToken = message.LockToken, Reason = deadLetterReason, Description = deadLetterErrorDescription }, cancellationToken: cancellationToken);

    /// <summary>The lock holds for another of the queue's lock durations.</summary>
    /// <inheritdoc cref="CompleteMessageAsync"/>
    public virtual async Task RenewMessageLockAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default) =>
        await _host.RenewMessageLockAsync(new() { LockToken = message.LockToken }, cancellationToken: cancellationToken);
}
