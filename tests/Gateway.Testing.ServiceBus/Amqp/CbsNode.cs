using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>Takes the tokens that let a connection open links (claims-based security, node <c>$cbs</c>).</summary>
internal sealed class CbsNode(BrokerConnection connection, string keyName, string key)
{
    private const int Accepted = 202;
    private const int BadRequest = 400;
    private const int Unauthorized = 401;
    private const int Forbidden = 403;

    public RequestAnswer Respond(AmqpMessage request)
    {
        var properties = request.ApplicationProperties?.Map;
        return properties?["operation"] is "put-token" && properties["name"] is string name && Body(request) is string token
            ? PutToken(name, token)
            : Answer(BadRequest, "Only put-token with a name is understood");
    }

    private RequestAnswer PutToken(string name, string token)
    {
        // The client dates its tokens by the machine's clock, so that is what they are judged by.
        if (!SharedAccessToken.TryRead(token, keyName, key, TimeProvider.System.GetUtcNow(), out var read)
            || !Uri.TryCreate(name, UriKind.Absolute, out var audience)
            || !read.Covers(audience))
        {
            return Answer(Unauthorized, "InvalidSignature: the token does not hold for this entity");
        }

        return connection.Grants.TryAdd(SharedAccessToken.PathOf(audience), read.Expiry)
            ? Answer(Accepted, "Accepted")
            : Answer(Forbidden, "The connection holds too many tokens");
    }

    private static object? Body(AmqpMessage request) => request.BodyType == SectionFlag.AmqpValue ? request.ValueBody.Value : null;

    private static RequestAnswer Answer(int status, string description)
    {
        var reply = AmqpMessage.Create(new AmqpValue { Value = null });
        reply.ApplicationProperties.Map["status-code"] = status;
        reply.ApplicationProperties.Map["status-description"] = description;
        return new(reply);
    }
}
