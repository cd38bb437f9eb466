using Azure.Messaging.ServiceBus;
using Gateway.Testing.Functions.Rpc;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Azure.Amqp;

namespace Gateway.Testing.Functions.Triggers;

/// <summary>
/// Settles for a worker, through the processor's own arguments: so the processor knows, and neither completes nor abandons the message afterwards.
/// </summary>
internal sealed class SettlementService(MessagesInFlight messages) : Settlement.SettlementBase
{
    public override Task<Empty> Complete(CompleteRequest request, ServerCallContext context) =>
        SettleAsync(request.LockToken, args => args.CompleteMessageAsync(args.Message, context.CancellationToken));

    public override Task<Empty> Abandon(AbandonRequest request, ServerCallContext context) =>
        SettleAsync(request.LockToken, args => args.AbandonMessageAsync(args.Message, Properties(request.Properties), context.CancellationToken));

    public override Task<Empty> Defer(DeferRequest request, ServerCallContext context) =>
        SettleAsync(request.LockToken, args => args.DeferMessageAsync(args.Message, Properties(request.Properties), context.CancellationToken));

    public override Task<Empty> Deadletter(DeadLetterRequest request, ServerCallContext context) =>
        SettleAsync(request.LockToken, args => Properties(request.Properties) is { } properties
            ? args.DeadLetterMessageAsync(args.Message, properties, request.Reason, request.Description, context.CancellationToken)
            : args.DeadLetterMessageAsync(args.Message, request.Reason, request.Description, context.CancellationToken));

    public override Task<Empty> RenewMessageLock(RenewLockRequest request, ServerCallContext context) =>
        SettleAsync(request.LockToken, args => args.RenewMessageLockAsync(args.Message, context.CancellationToken));

    private async Task<Empty> SettleAsync(string lockToken, Func<ProcessMessageEventArgs, Task> settle)
    {
        if (!messages.TryFind(lockToken, out var args))
        {
            throw new RpcException(new(StatusCode.FailedPrecondition, $"LockToken {lockToken} not found."));
        }

        try
        {
            await settle(args);
            return new();
        }
        catch (Exception error)
        {
            // The real one gives the whole exception too; a lost lock is told from a lost network by its text alone.
            throw new RpcException(new(StatusCode.Unknown, error.ToString()));
        }
    }

    /// <summary>Null: none are sent.</summary>
    internal static Dictionary<string, object>? Properties(ByteString encoded)
    {
        if (encoded.IsEmpty)
        {
            return null;
        }

        var octets = encoded.ToByteArray();
        using var buffer = new ByteBuffer(octets, 0, octets.Length);
        return AmqpCodec.DecodeMap(buffer).ToDictionary(pair => pair.Key.ToString()!, pair => pair.Value);
    }
}
