using System.Collections;
using Gateway.Testing.ServiceBus.Core;
using Gateway.Testing.ServiceBus.Faults;
using Gateway.Testing.ServiceBus.Wire;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>What is asked about a queue beside its links: renewing, looking, scheduling, fetching by number, settling without a link (node <c>$management</c>).</summary>
internal sealed class ManagementNode(MessageQueue queue, QueueOptions options, bool takesMessages, SendFaultPlan faults)
{
    private const int MaxMessages = 256;

    /// <summary>A reply ends with the message that brings it over this.</summary>
    private const int MaxReplyOctets = 1024 * 1024;

    private const string Tokens = "lock-tokens";
    private const string Numbers = "sequence-numbers";
    private const string Messages = "messages";
    private const string Message = "message";

    public RequestAnswer Respond(AmqpMessage request)
    {
        var body = request.BodyType == SectionFlag.AmqpValue ? request.ValueBody.Value as AmqpMap : null;
        return (request.ApplicationProperties?.Map["operation"], body) switch
        {
            (_, null) => ManagementReply.Refuse(Conditions.BadRequest),
            ("com.microsoft:renew-lock", _) => RenewLock(body),
            ("com.microsoft:peek-message", _) => Peek(body),
            ("com.microsoft:schedule-message", _) => Schedule(body),
            ("com.microsoft:cancel-scheduled-message", _) => Cancel(body),
            ("com.microsoft:receive-by-sequence-number", _) => Receive(body),
            ("com.microsoft:update-disposition", _) => Settle(body),
            _ => ManagementReply.Refuse(Conditions.NotImplemented),
        };
    }

    private RequestAnswer RenewLock(AmqpMap body)
    {
        if (!body.TryGetValue<Guid[]>(Key(Tokens), out var tokens) || tokens is null)
        {
            return ManagementReply.Refuse(Conditions.BadRequest);
        }

        return queue.Renew(tokens) is { } until
            ? ManagementReply.Of("expirations", until.Select(time => time.UtcDateTime).ToArray())
            : ManagementReply.Refuse(Conditions.LockLost);
    }

    private RequestAnswer Peek(AmqpMap body)
    {
        if (!body.TryGetValue<long>(Key("from-sequence-number"), out var from) || !body.TryGetValue<int>(Key("message-count"), out var count) || count < 1)
        {
            return ManagementReply.Refuse(Conditions.BadRequest);
        }

        var octets = 0;
        var messages = new List<AmqpMap>();
        foreach (var message in queue.Peek(from, Math.Min(count, MaxMessages)).TakeWhile(_ => octets < MaxReplyOctets))
        {
            var encoded = DeliveryEncoder.Encode(message, peeked: true);
            octets += encoded.Length;
            messages.Add(new() { [Key(Message)] = new ArraySegment<byte>(encoded) });
        }

        return messages.Count == 0 ? ManagementReply.Nothing() : ManagementReply.Of(Messages, messages);
    }

    private RequestAnswer Schedule(AmqpMap body)
    {
        var fault = faults.Next(queue.Name);
        switch (fault.Kind)
        {
            case SendFaultKind.CutBeforeStore:
                return new(null);
            case SendFaultKind.ServerBusy:
                return ManagementReply.Refuse(Conditions.ServerBusy);
            case SendFaultKind.QuotaExceeded:
                return ManagementReply.Refuse(Conditions.QuotaExceeded);
        }

        var answer = takesMessages ? Schedule(body[Key(Messages)] as IEnumerable) : ManagementReply.Refuse(Conditions.NoSendToDeadLetters);
        return fault.Kind == SendFaultKind.AnswerLost ? new(null) : answer with { Delay = fault.Delay };
    }

    private RequestAnswer Schedule(IEnumerable? messages)
    {
        var encoded = messages?.OfType<AmqpMap>().Select(message => message[Key(Message)]).OfType<ArraySegment<byte>>().ToList();
        if (encoded is null or { Count: 0 })
        {
            return ManagementReply.Refuse(Conditions.BadRequest);
        }

        if (encoded.Sum(message => (long)message.Count) > options.MaxMessageOctets)
        {
            return ManagementReply.Refuse(Conditions.MessageTooLarge);
        }

        try
        {
            return ManagementReply.Of(Numbers, queue.Send([.. encoded.Select(message => DraftReader.Read(message.ToArray()))]).ToArray());
        }
        catch (WireFormatException)
        {
            return ManagementReply.Refuse(Conditions.BadMessage);
        }
    }

    private RequestAnswer Cancel(AmqpMap body)
    {
        if (!body.TryGetValue<long[]>(Key(Numbers), out var numbers) || numbers is null)
        {
            return ManagementReply.Refuse(Conditions.BadRequest);
        }

        return queue.Cancel(numbers) ? ManagementReply.Done() : ManagementReply.Refuse(Conditions.MessageNotFound);
    }

    private RequestAnswer Receive(AmqpMap body)
    {
        if (!body.TryGetValue<long[]>(Key(Numbers), out var numbers)
            || numbers is null
            || numbers.Length > MaxMessages
            || !body.TryGetValue<uint>(Key("receiver-settle-mode"), out var settleMode))
        {
            return ManagementReply.Refuse(Conditions.BadRequest);
        }

        if (!queue.TryTakeDeferred(numbers, out var taken))
        {
            return ManagementReply.Refuse(Conditions.MessageNotFound);
        }

        var deletes = settleMode == 0;
        return ManagementReply.Of(Messages, taken.Select(message => Received(message, deletes)).ToList());
    }

    private AmqpMap Received(MessageView message, bool deletes)
    {
        if (deletes)
        {
            queue.Complete(message.LockToken);
            return new() { [Key(Message)] = new ArraySegment<byte>(DeliveryEncoder.Encode(message with { LockToken = Guid.Empty }, peeked: false)) };
        }

        return new()
        {
            [Key(Message)] = new ArraySegment<byte>(DeliveryEncoder.Encode(message, peeked: false)),
            [Key("lock-token")] = message.LockToken,
        };
    }

    private RequestAnswer Settle(AmqpMap body)
    {
        if (!body.TryGetValue<Guid[]>(Key(Tokens), out var tokens) || tokens is null)
        {
            return ManagementReply.Refuse(Conditions.BadRequest);
        }

        var changes = Settlement.Changes(body[Key("properties-to-modify")] as AmqpMap);
        var reason = body[Key("deadletter-reason")] as string;
        var description = body[Key("deadletter-description")] as string;
        Func<Guid, bool>? settle = body[Key("disposition-status")] switch
        {
            "completed" => queue.Complete,
            "abandoned" => token => queue.Abandon(token, changes),
            "defered" => token => queue.Defer(token, changes),
            "suspended" => token => queue.DeadLetter(token, reason, description, changes),
            _ => null,
        };
        if (settle is null)
        {
            return ManagementReply.Refuse(Conditions.BadRequest);
        }

        // Each is tried: one lost lock does not keep the others from being settled.
        return tokens.Count(settle) == tokens.Length ? ManagementReply.Done() : ManagementReply.Refuse(Conditions.LockLost);
    }

    private static MapKey Key(string name) => new(name);
}
