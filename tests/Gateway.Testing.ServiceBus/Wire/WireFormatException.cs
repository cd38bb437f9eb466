namespace Gateway.Testing.ServiceBus.Wire;

/// <summary>Octets that are no AMQP message, or one of a shape that the broker refuses. The only thing that reading in this folder throws.</summary>
internal sealed class WireFormatException(string message) : Exception(message);
