using Gateway.Testing.ServiceBus.Core;
using Gateway.Testing.ServiceBus.Faults;
using Gateway.Testing.ServiceBus.Wire;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>A client's link for sending into one queue. Accepted means stored.</summary>
internal sealed class SendNode
{
    private readonly MessageQueue _queue;
    private readonly ReceivingAmqpLink _link;
    private readonly SendFaultPlan _faults;
    private readonly TimeProvider _clock;

    private SendNode(MessageQueue queue, ReceivingAmqpLink link, SendFaultPlan faults, TimeProvider clock) =>
        (_queue, _link, _faults, _clock) = (queue, link, faults, clock);

    public static void Serve(MessageQueue queue, ReceivingAmqpLink link, SendFaultPlan faults, TimeProvider clock) =>
        link.RegisterMessageListener(new SendNode(queue, link, faults, clock).OnMessage);

    private void OnMessage(AmqpMessage transfer)
    {
        var fault = _faults.Next(_queue.Name);
        if (fault.Kind == SendFaultKind.CutBeforeStore)
        {
            _link.Session.Connection.Abort();
            return;
        }

        var refusal = fault.Kind switch
        {
            SendFaultKind.ServerBusy => Conditions.ServerBusy,
            SendFaultKind.QuotaExceeded => Conditions.QuotaExceeded,
            _ => Store(transfer),
        };
        if (fault.Kind == SendFaultKind.AnswerLost)
        {
            _link.Session.Connection.Abort();
        }
        else if (fault.Delay > TimeSpan.Zero)
        {
            _ = AnswerLaterAsync(transfer, refusal, fault.Delay);
        }
        else
        {
            Answer(transfer, refusal);
        }
    }

    /// <summary>Null: stored.</summary>
    private Error? Store(AmqpMessage transfer)
    {
        if (transfer.TxnId.Array is not null)
        {
            return Conditions.NotImplemented;
        }

        try
        {
            _queue.Send(DraftReader.Read(transfer));
            return null;
        }
        catch (WireFormatException)
        {
            return Conditions.BadMessage;
        }
    }

    private async Task AnswerLaterAsync(AmqpMessage transfer, Error? refusal, TimeSpan delay)
    {
        await Task.Delay(delay, _clock);
        Answer(transfer, refusal);
    }

    private void Answer(AmqpMessage transfer, Error? refusal)
    {
        if (!transfer.Settled)
        {
            // Not batchable: an answer is written at once, and not when the library has collected some.
            transfer.Batchable = false;
            _link.DisposeDelivery(transfer, true, refusal is null ? AmqpConstants.AcceptedOutcome : new Rejected { Error = refusal });
        }

        transfer.Dispose();
    }
}
