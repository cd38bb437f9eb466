using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;
using Microsoft.Azure.Amqp.Framing;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>Replies of <c>$management</c>. Its properties are spelled otherwise than those of <c>$cbs</c>, and the keys of its maps are strings, not symbols.</summary>
internal static class ManagementReply
{
    public static RequestAnswer Of(string key, object value) => Create(AmqpResponseStatusCode.OK, "OK", new() { [new(key)] = value });

    public static RequestAnswer Done() => Create(AmqpResponseStatusCode.OK, "OK", []);

    public static RequestAnswer Nothing() => Create(AmqpResponseStatusCode.NoContent, "No messages", []);

    public static RequestAnswer Refuse(Error error)
    {
        var answer = Create(StatusOf(error), error.Description, []);
        answer.Reply!.ApplicationProperties.Map["errorCondition"] = error.Condition;
        return answer;
    }

    private static RequestAnswer Create(AmqpResponseStatusCode status, string description, AmqpMap body)
    {
        var reply = AmqpMessage.Create(new AmqpValue { Value = body });
        reply.ApplicationProperties.Map["statusCode"] = (int)status;
        reply.ApplicationProperties.Map["statusDescription"] = description;
        return new(reply);
    }

    private static AmqpResponseStatusCode StatusOf(Error error) =>
        error == Conditions.LockLost ? AmqpResponseStatusCode.Gone
        : error == Conditions.MessageNotFound ? AmqpResponseStatusCode.NotFound
        : error == Conditions.ServerBusy ? AmqpResponseStatusCode.ServiceUnavailable
        : error == Conditions.QuotaExceeded || error == Conditions.MessageTooLarge ? AmqpResponseStatusCode.Forbidden
        : error == Conditions.NotImplemented ? AmqpResponseStatusCode.NotImplemented
        : AmqpResponseStatusCode.BadRequest;
}
