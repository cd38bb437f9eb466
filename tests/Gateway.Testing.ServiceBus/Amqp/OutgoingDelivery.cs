using Microsoft.Azure.Amqp;

namespace Gateway.Testing.ServiceBus.Amqp;

/// <summary>Octets that the library cuts into as many frames as they need.</summary>
internal sealed class OutgoingDelivery : Delivery
{
    private readonly byte[] _octets;
    private int _position;

    /// <summary>The lock token becomes the delivery tag: that, and nothing in the message, is where the client reads it.</summary>
    public OutgoingDelivery(byte[] octets, Guid token)
    {
        _octets = octets;
        DeliveryTag = new(token.ToByteArray());
    }

    public override ArraySegment<byte>[]? GetPayload(int payloadSize, out bool more)
    {
        var left = _octets.Length - _position;
        more = left > payloadSize;
        return left == 0 ? null : [new(_octets, _position, Math.Min(left, payloadSize))];
    }

    protected override void OnCompletePayload(int payloadSize) => _position += payloadSize;
}
