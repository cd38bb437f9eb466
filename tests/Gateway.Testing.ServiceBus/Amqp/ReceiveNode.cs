using Gateway.Testing.ServiceBus.Core;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>A client's link for receiving from one queue.</summary>
internal sealed class ReceiveNode
{
    /// <summary>The library keeps each delivery until the client settles it, also when its lock is long gone: past this many the link gets no more.</summary>
    private const int MaxUnsettled = 10_000;

    private readonly MessageQueue _queue;
    private readonly SendingAmqpLink _link;
    private readonly bool _deletes;
    private int _unsettled;

    private ReceiveNode(MessageQueue queue, SendingAmqpLink link)
    {
        (_queue, _link) = (queue, link);
        _deletes = link.Settings.SettleType == SettleMode.SettleOnSend;
    }

    /// <summary>False also while the link closes: its last credit is still there, and what is given to it then is lost until the lock expires.</summary>
    public bool Wants => _link.State == AmqpObjectState.Opened && _link.LinkCredit > 0 && Volatile.Read(ref _unsettled) < MaxUnsettled;

    public static void Serve(MessageQueue queue, SendingAmqpLink link, QueuePump pump)
    {
        var node = new ReceiveNode(queue, link);
        link.RegisterDispositionListener(node.OnDisposition);
        link.RegisterCreditListener((_, _, _) => pump.Wake());
        link.Closed += (_, _) => pump.Remove(node);
        pump.Add(node);
    }

    /// <summary>Hands a locked message over; false: the link would not have it.</summary>
    public bool TryHandOver(MessageView message)
    {
        var octets = DeliveryEncoder.Encode(_deletes ? message with { LockToken = Guid.Empty } : message, peeked: false);
        if (!_deletes)
        {
            Interlocked.Increment(ref _unsettled);
        }

        if (TrySend(new OutgoingDelivery(octets, message.LockToken)))
        {
            _ = _deletes && _queue.Complete(message.LockToken);
            return true;
        }

        if (!_deletes)
        {
            Interlocked.Decrement(ref _unsettled);
        }

        return false;
    }

    private bool TrySend(OutgoingDelivery delivery)
    {
        try
        {
            // Not SendMessageNoWait: that queues inside the link what it has no credit for, and there it would sit locked.
            return _link.TrySendDelivery(delivery);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // A connection that breaks under the pump's hands ends this link and not the process.
            _link.SafeClose(error);
            return false;
        }
    }

    private void OnDisposition(Delivery delivery)
    {
        if (_deletes)
        {
            return;
        }

        Interlocked.Decrement(ref _unsettled);
        var token = new Guid(delivery.DeliveryTag);
        var outcome = Settle(token, delivery.State);
        if (!delivery.Settled)
        {
            _link.DisposeDelivery(delivery, true, outcome);
        }
    }

    /// <summary>Always accepted on success: an echo of what the client said would make it throw.</summary>
    private Outcome Settle(Guid token, DeliveryState state) => state switch
    {
        Accepted => Answer(_queue.Complete(token)),
        Released => Answer(_queue.Release(token)),
        Modified { UndeliverableHere: true } modified => Answer(_queue.Defer(token, Settlement.Changes(modified.MessageAnnotations))),
        Modified modified => Answer(_queue.Abandon(token, Settlement.Changes(modified.MessageAnnotations))),
        Rejected rejected => Answer(DeadLetter(token, rejected.Error?.Info)),
        _ => new Rejected { Error = Conditions.NotImplemented },
    };

    private bool DeadLetter(Guid token, Fields? info)
    {
        var changes = Settlement.Changes(info, out var reason, out var description);
        return _queue.DeadLetter(token, reason, description, changes);
    }

    private static Outcome Answer(bool held) => held ? AmqpConstants.AcceptedOutcome : new Rejected { Error = Conditions.LockLost };
}
